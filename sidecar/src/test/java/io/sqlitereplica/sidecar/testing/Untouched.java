package io.sqlitereplica.sidecar.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Watches the files of a replica, or the objects of an S3 server that keeps them as files: each stays the one that it was
 * when it was seen first.
 */
public final class Untouched {
    private final Path folder;
    private final Map<Path, String> first = new HashMap<>();

    public Untouched(Path folder) {
        this.folder = folder;
    }

    /** Looks what is new, and that all else is as it was. */
    public void look() throws IOException {
        Map<Path, String> now = new HashMap<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (file.toString().endsWith(".ltx")) {
                    now.put(
                            file,
                            Objects.requireNonNull(attributes.fileKey()) + " " + attributes.size() + " "
                                    + attributes.lastModifiedTime());
                }
                return FileVisitResult.CONTINUE;
            }

            // Temporary files come and go.
            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        first.forEach((file, identity) ->
                assertThat(now.get(file)).as("%s was replaced or deleted", file).isEqualTo(identity));
        first.putAll(now);
    }

    /** How many were seen. */
    public int count() {
        return first.size();
    }
}
