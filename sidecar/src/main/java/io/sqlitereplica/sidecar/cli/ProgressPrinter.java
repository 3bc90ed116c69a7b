package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.restore.Progress;
import java.io.PrintStream;
import java.time.Duration;

/** Prints how far something is, every few seconds: nothing at all when it is done before that. */
final class ProgressPrinter implements Progress.Listener {
    private static final long STEP_NANOS = Duration.ofSeconds(2).toNanos();

    private final String what;
    private final PrintStream to;
    private long lastNanos = System.nanoTime();

    ProgressPrinter(String what, PrintStream to) {
        this.what = what;
        this.to = to;
    }

    @Override
    public void progress(Progress now) {
        long nanos = System.nanoTime();
        if (nanos - lastNanos < STEP_NANOS) {
            return;
        }
        lastNanos = nanos;
        long percent = now.bytesTotal() == 0 ? 100 : now.bytesDone() * 100 / now.bytesTotal();
        to.printf(
                "%s: %d %%, %s of %s, file %d of %d%n",
                what,
                percent,
                Amounts.bytes(now.bytesDone()),
                Amounts.bytes(now.bytesTotal()),
                Math.min(now.filesDone() + 1, now.filesTotal()),
                now.filesTotal());
    }
}
