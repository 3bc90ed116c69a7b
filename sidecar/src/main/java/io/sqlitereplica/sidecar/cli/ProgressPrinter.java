package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.restore.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Prints how far something is, how fast, and how long it will take: on a terminal in one line that changes, elsewhere a line
 * every few seconds. Nothing at all when it is done before that.
 */
final class ProgressPrinter implements Progress.Listener {
    private static final long LINE_NANOS = Duration.ofSeconds(2).toNanos();
    private static final long TERMINAL_NANOS = Duration.ofMillis(500).toNanos();
    private static final String CLEAR = "\r\u001b[K";

    private final String what;
    private final PrintStream to;
    private final boolean terminal;
    private final LongSupplier nanoTime;
    private final long startNanos;
    private long lastNanos;
    private boolean shown;

    ProgressPrinter(String what, Console console) {
        this(what, console.err(), Console.isTerminal(), System::nanoTime);
    }

    ProgressPrinter(String what, PrintStream to, boolean terminal, LongSupplier nanoTime) {
        this.what = what;
        this.to = to;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
        this.startNanos = nanoTime.getAsLong();
        this.lastNanos = startNanos;
    }

    @Override
    public void progress(Progress now) {
        if (shown && terminal && now.filesDone() == now.filesTotal()) {
            to.print(CLEAR);
            shown = false;
            return;
        }
        long nanos = nanoTime.getAsLong();
        if (nanos - lastNanos < (terminal ? TERMINAL_NANOS : LINE_NANOS)) {
            return;
        }
        lastNanos = nanos;
        shown = true;
        String line = line(now, Duration.ofNanos(nanos - startNanos));
        to.print(terminal ? CLEAR + line : line + System.lineSeparator());
        to.flush();
    }

    private String line(Progress now, Duration elapsed) {
        long percent = now.bytesTotal() == 0 ? 100 : now.bytesDone() * 100 / now.bytesTotal();
        long bytesPerSecond = now.bytesDone() * 1000 / Math.max(1, elapsed.toMillis());
        String left = bytesPerSecond == 0
                ? ""
                : ", %s left"
                        .formatted(Amounts.clock(
                                Duration.ofSeconds((now.bytesTotal() - now.bytesDone()) / bytesPerSecond)));
        return "%s: %d %%, %s of %s, file %d of %d, %s/s%s"
                .formatted(
                        what,
                        percent,
                        Amounts.bytes(now.bytesDone()),
                        Amounts.bytes(now.bytesTotal()),
                        Math.min(now.filesDone() + 1, now.filesTotal()),
                        now.filesTotal(),
                        Amounts.bytes(bytesPerSecond),
                        left);
    }
}
