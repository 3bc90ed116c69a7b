package io.sqlitereplica.sidecar.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.StreamHandler;

/** The log: one line an event on the error stream, {@code 2026-11-23T01:17:37.317Z INFO  what happened key=value}. */
final class LogFormat extends Formatter {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSX").withZone(ZoneOffset.UTC);

    private final boolean debug;

    LogFormat(boolean debug) {
        this.debug = debug;
    }

    /** Makes this the log of the process. */
    static void install(PrintStream to, boolean debug) {
        LogManager.getLogManager().reset();
        StreamHandler handler = new StreamHandler(to, new LogFormat(debug)) {
            @Override
            public synchronized void publish(LogRecord event) {
                super.publish(event);
                flush();
            }
        };
        handler.setLevel(Level.ALL);
        Logger root = Logger.getLogger("");
        root.addHandler(handler);
        root.setLevel(Level.INFO);
        if (debug) {
            OURS.setLevel(Level.FINE);
        }
    }

    /** Held, because the log manager only keeps weak references. */
    private static final Logger OURS = Logger.getLogger("io.sqlitereplica");

    @Override
    public String format(LogRecord event) {
        StringBuilder line = new StringBuilder(160)
                .append(TIME.format(event.getInstant()))
                .append(' ')
                .append(name(event.getLevel()))
                .append(' ')
                .append(oneLine(formatMessage(event)));
        Throwable thrown = event.getThrown();
        if (thrown != null && !debug) {
            line.append(" cause=\"").append(oneLine(Errors.sentence(thrown))).append('"');
        }
        line.append(System.lineSeparator());
        if (thrown != null && debug) {
            StringWriter trace = new StringWriter();
            thrown.printStackTrace(new PrintWriter(trace, true));
            line.append(trace);
        }
        return line.toString();
    }

    private static String oneLine(String text) {
        return text.indexOf('\n') < 0 ? text : text.strip().replaceAll("\\s*\\R\\s*", " | ");
    }

    private static String name(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return "ERROR";
        }
        if (level.intValue() >= Level.WARNING.intValue()) {
            return "WARN ";
        }
        return level.intValue() >= Level.INFO.intValue() ? "INFO " : "DEBUG";
    }
}
