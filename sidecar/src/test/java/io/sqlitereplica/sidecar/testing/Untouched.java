package io.sqlitereplica.sidecar.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

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
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().endsWith(".ltx"))::iterator) {
                String found = identity(file);
                if (found != null) {
                    now.put(file, found);
                }
            }
        }
        first.forEach((file, identity) ->
                assertThat(now.get(file)).as("%s was replaced or deleted", file).isEqualTo(identity));
        first.putAll(now);
    }

    /** Null: deleted meanwhile. */
    private static @Nullable String identity(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return Objects.requireNonNull(attributes.fileKey()) + " " + attributes.size() + " "
                    + attributes.lastModifiedTime();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** How many were seen. */
    public int count() {
        return first.size();
    }
}
