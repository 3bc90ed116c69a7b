package io.sqlitereplica.sidecar.replicate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Lets the app start, and remembers that it did for as long as the pod lives: this process may be a later one in the same
 * pod, with the app running beside it. For any thread.
 */
final class StartGate {
    private final @Nullable Path mark;
    private volatile boolean open;

    /**
     * Closed.
     *
     * @param podFolder lives as long as the pod; empty: nobody knows whether the app runs
     */
    StartGate(Optional<Path> podFolder, String database) {
        this.mark = podFolder
                .map(folder -> folder.resolve("sqlitereplica-started-" + database.replace('/', '_')))
                .orElse(null);
    }

    /** The app may start. The mark is made first: an app that runs without one could lose its database. */
    void open() {
        Path file = mark;
        if (file != null && !open && !Files.exists(file)) {
            try {
                Files.createFile(file);
            } catch (IOException e) {
                throw new UncheckedIOException("The app cannot be let start: " + file + " cannot be made", e);
            }
        }
        open = true;
    }

    /** This process let the app start. */
    boolean isOpen() {
        return open;
    }

    /** There is a mark: the app runs already. */
    boolean isKnownToHaveStarted() {
        Path file = mark;
        return file != null && Files.exists(file);
    }

    /** The app may run already. */
    boolean mayHaveStarted() {
        return open || mark == null || isKnownToHaveStarted();
    }
}
