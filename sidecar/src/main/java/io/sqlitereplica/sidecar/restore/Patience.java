package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.LtxFormatException;
import io.sqlitereplica.sidecar.storage.StoreException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How long to go on asking a destination that does not answer: ever longer pauses, until there was no progress for the
 * whole of the limit. For one thread.
 */
final class Patience {
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

    private final Duration limit;
    private Duration pause = FIRST_PAUSE;
    private @Nullable Long failingSinceNanos;

    Patience(Duration limit) {
        this.limit = limit;
    }

    /** Something worked. */
    void progress() {
        failingSinceNanos = null;
        pause = FIRST_PAUSE;
    }

    /** Waits a while. Throws {@code e} instead when trying again would not help, or was tried for long enough. */
    void failed(IOException e) throws IOException {
        long now = System.nanoTime();
        if (failingSinceNanos == null) {
            failingSinceNanos = now;
        }
        if (!mayPass(e) || now - failingSinceNanos + pause.toNanos() > limit.toNanos()) {
            throw e;
        }
        try {
            Thread.sleep(pause);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            InterruptedIOException interrupted = new InterruptedIOException("interrupted while waiting to try again");
            interrupted.addSuppressed(e);
            throw interrupted;
        }
        Duration longer = pause.multipliedBy(2);
        pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }

    private static boolean mayPass(IOException e) {
        return switch (e) {
            case StoreException s -> s.kind() == StoreException.Kind.UNREACHABLE;
            case FileSystemException _, LtxFormatException _ -> false;
            case VanishedException _, ReplicaHoleException _, RestorePointException _, RestoreException _ -> false;
            case InterruptedIOException _ -> !Thread.currentThread().isInterrupted(); // or a time-out, which is one too
            default -> true; // what a broken connection throws
        };
    }
}
