package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The files of one folder in order, in bounded memory: a folder gives its names in any order, so each pass over it keeps
 * only the smallest names that come after those of the pass before.
 */
final class LevelListing {
    private static final int DEFAULT_NAMES_PER_PASS = 8192;

    private final Path folder;
    private final int level;
    private final int namesPerPass;

    LevelListing(Path folder, int level) {
        this(folder, level, DEFAULT_NAMES_PER_PASS);
    }

    LevelListing(Path folder, int level, int namesPerPass) {
        this.folder = folder;
        this.level = level;
        this.namesPerPass = namesPerPass;
    }

    void forEach(Consumer<ReplicaFile> each) throws IOException {
        LtxFileName last = null;
        List<LtxFileName> names;
        do {
            names = next(last);
            for (LtxFileName name : names) {
                give(name, each);
                last = name;
            }
        } while (names.size() == namesPerPass);
    }

    private List<LtxFileName> next(@Nullable LtxFileName after) throws IOException {
        PriorityQueue<LtxFileName> smallest = new PriorityQueue<>(Comparator.reverseOrder());
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                LtxFileName name =
                        LtxFileName.parse(entry.getFileName().toString()).orElse(null);
                if (name == null || (after != null && name.compareTo(after) <= 0)) {
                    continue;
                }
                LtxFileName largest = smallest.peek();
                if (smallest.size() < namesPerPass) {
                    smallest.add(name);
                } else if (largest != null && name.compareTo(largest) < 0) {
                    smallest.remove();
                    smallest.add(name);
                }
            }
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        List<LtxFileName> names = new ArrayList<>(smallest);
        Collections.sort(names);
        return names;
    }

    private void give(LtxFileName name, Consumer<ReplicaFile> each) throws IOException {
        BasicFileAttributes attributes;
        try {
            attributes = Files.readAttributes(
                    folder.resolve(name.toString()), BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
        } catch (NoSuchFileException e) {
            return; // deleted meanwhile
        }
        if (attributes.isRegularFile()) {
            each.accept(new ReplicaFile(
                    level,
                    name,
                    attributes.size(),
                    attributes.lastModifiedTime().toInstant()));
        }
    }
}
