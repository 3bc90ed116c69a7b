package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.restore.RestoreResult;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.StoreException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Restores a missing database. Behind the newest state replication goes on, and the state folder says so; behind an older one
 * the state folder says nothing.
 */
final class Restoring {
    private static final System.Logger LOG = System.getLogger(Restoring.class.getName());
    private static final Duration FIRST_PAUSE = Duration.ofMillis(500);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);
    private static final long LOOK_MILLIS = 100;

    private final ReplicaContext context;
    private final StateFolder state;
    private final RestorePoint point;

    Restoring(ReplicaContext context, StateFolder state, RestorePoint point) {
        this.context = context;
        this.state = state;
        this.point = point;
    }

    /**
     * Tries for as long as it takes.
     *
     * @return false if the destination has no replica
     */
    boolean run() throws IOException {
        Backoff backoff = new Backoff(FIRST_PAUSE, LONGEST_PAUSE);
        Path table = state.spillFolder().resolve("restored");
        while (true) {
            try {
                Optional<RestoreResult> restored = attempt(table);
                context.status().error(null);
                context.status().destinationAnswered(Instant.now());
                restored.ifPresent(this::report);
                if (restored.isPresent() && point.equals(RestorePoint.NEWEST)) {
                    state.install(table, position(restored.get()));
                }
                return restored.isPresent();
            } catch (BrokenOffException e) {
                throw e;
            } catch (IOException | RuntimeException e) {
                String message = Errors.message(e);
                if (e instanceof StoreException) {
                    context.status().destinationFailed(Instant.now(), message);
                }
                context.status().error(message);
                LOG.log(Level.WARNING, () -> "not restored: database=" + context.name() + " error=" + message);
            }
            context.stop().pauseOrStop(backoff.pause().toNanos());
        }
    }

    /** On a thread of its own, so that a stop can break it off: the restore may be interrupted, this thread may not. */
    private Optional<RestoreResult> attempt(Path table) throws IOException {
        FutureTask<Optional<RestoreResult>> task = new FutureTask<>(() -> Restore.to(
                point,
                context.store(),
                context.database().path(),
                table,
                context.pool(),
                progress -> context.status().restoring(progress)));
        Thread thread = Thread.ofPlatform().name("restore-" + context.name()).start(task);
        try {
            while (true) {
                try {
                    return task.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                } catch (TimeoutException _) {
                    if (context.stop().isStopping()) {
                        throw new BrokenOffException.Stopped();
                    }
                }
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException("Nobody interrupts this thread", e);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case IOException cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case null, default -> throw new IllegalStateException(e);
            }
        } finally {
            thread.interrupt();
            join(thread);
            context.status().restoring(null);
        }
    }

    private static void join(Thread thread) {
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException("Nobody interrupts this thread", e);
            }
        }
    }

    private Position position(RestoreResult restored) throws IOException {
        return new Position(
                restored.txId(),
                restored.timestamp(),
                restored.databaseChecksum(),
                restored.pageSize(),
                (int) restored.pageCount(),
                Position.inodeOf(context.database().path()),
                null);
    }

    private void report(RestoreResult restored) {
        context.status()
                .restored(new DatabaseStatus.Restored(restored.txId(), restored.duration(), restored.bytesRead()));
        LOG.log(
                Level.INFO,
                () -> "restored: database=" + context.name() + " txid=" + restored.txId() + " seconds="
                        + restored.duration().toMillis() / 1000.0 + " bytes=" + restored.bytesRead()
                        + (restored.movedAside().isEmpty() ? "" : " moved aside=" + restored.movedAside()));
    }
}
