package io.sqlitereplica.sidecar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import org.junit.jupiter.api.Test;

class ProgressPrinterTest {
    private static final long MIB = 1 << 20;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private long seconds = 100;

    private ProgressPrinter printer(boolean terminal) {
        return new ProgressPrinter(
                "restoring", new PrintStream(out, true, UTF_8), terminal, () -> seconds * 1_000_000_000L);
    }

    private static Progress progress(long mib, long files) {
        return new Progress(mib * MIB, 100 * MIB, files, 2, new TxId(7));
    }

    @Test
    void tellsTheRateAndTheTimeLeftInALineEachElsewhere() {
        ProgressPrinter printer = printer(false);
        printer.progress(progress(1, 0));
        seconds += 2;
        printer.progress(progress(20, 0));
        seconds += 3;
        printer.progress(progress(50, 1));
        printer.progress(progress(100, 2));

        assertThat(out.toString(UTF_8).lines())
                .containsExactly(
                        "restoring: 20 %, 20.0 MiB of 100.0 MiB, file 1 of 2, 10.0 MiB/s, 0:08 left",
                        "restoring: 50 %, 50.0 MiB of 100.0 MiB, file 2 of 2, 10.0 MiB/s, 0:05 left");
    }

    @Test
    void changesOneLineOnATerminalAndTakesItAwayAtTheEnd() {
        ProgressPrinter printer = printer(true);
        seconds += 1;
        printer.progress(progress(20, 0));
        seconds += 1;
        printer.progress(progress(100, 2));

        assertThat(out.toString(UTF_8)).startsWith("\r\u001b[Krestoring: 20 %").endsWith("left\r\u001b[K");
    }

    @Test
    void saysNothingAboutWhatIsDoneAtOnce() {
        printer(true).progress(progress(100, 2));
        printer(false).progress(progress(100, 2));

        assertThat(out.size()).isZero();
    }
}
