package io.sqlitereplica.sidecar.cli;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Waits for the pod's annotation {@value #ANNOTATION} to change, in the file that the downward API keeps. What it is at the
 * start is the baseline: a restart that was asked for earlier has happened by then.
 */
final class RestartWatch implements AutoCloseable {
    static final String ANNOTATION = "sqlitereplica.io/restart";

    private static final System.Logger LOG = System.getLogger(RestartWatch.class.getName());

    private final Path annotations;
    private final Duration interval;
    private final Runnable whenChanged;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final String baseline;

    /**
     * Begins to watch.
     *
     * @param whenChanged called once
     */
    RestartWatch(Path annotations, Duration interval, Runnable whenChanged) {
        this.annotations = annotations;
        this.interval = interval;
        this.whenChanged = whenChanged;
        this.baseline = read().orElse("");
        Thread.ofPlatform().daemon().name("restart-watch").start(this::run);
    }

    private void run() {
        try {
            // The kubelet replaces the file by swapping a symbolic link above it: looking is simpler than being told.
            while (!closed.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
                String now = read().orElse("");
                if (!now.isEmpty() && !now.equals(baseline)) {
                    LOG.log(Level.INFO, () -> "restart asked for: annotation=" + ANNOTATION + " value=" + now);
                    whenChanged.run();
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The annotation's value, quoted as it is in the file. */
    private Optional<String> read() {
        String prefix = ANNOTATION + "=";
        try (Stream<String> lines = Files.lines(annotations)) {
            return lines.filter(line -> line.startsWith(prefix))
                    .map(line -> line.substring(prefix.length()))
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException e) {
            LOG.log(Level.DEBUG, "the pod's annotations cannot be read", e);
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
