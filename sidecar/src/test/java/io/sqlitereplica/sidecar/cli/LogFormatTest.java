package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class LogFormatTest {
    private static final Instant TIME = Instant.parse("2026-11-23T01:17:37.317999Z");

    @Test
    void writesOneLineAnEvent() {
        assertThat(format(Level.INFO, "snapshot taken: database=orders", null, false))
                .isEqualToIgnoringNewLines("2026-11-23T01:17:37.317Z INFO  snapshot taken: database=orders");
    }

    @Test
    void putsTheCauseIntoTheLine() {
        assertThat(format(Level.WARNING, "upload failed", new IOException("no route\n  to host"), false))
                .isEqualToIgnoringNewLines("2026-11-23T01:17:37.317Z WARN  upload failed cause=\"no route | to host\"");
    }

    @Test
    void showsTheStackWhenDebugging() {
        assertThat(format(Level.SEVERE, "upload failed", new IOException("no route"), true))
                .startsWith("2026-11-23T01:17:37.317Z ERROR upload failed" + System.lineSeparator()
                        + "java.io.IOException: no route")
                .contains("\tat ");
    }

    private static String format(Level level, String message, @Nullable Throwable thrown, boolean debug) {
        LogRecord event = new LogRecord(level, message);
        event.setInstant(TIME);
        event.setThrown(thrown);
        return new LogFormat(debug).format(event);
    }
}
