package io.sqlitereplica.sidecar.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;

/** Where commands print: what was asked for to {@code out}, all else to {@code err}. */
record Console(PrintStream out, PrintStream err) {
    /** A person looks on. Java's own declaration still says that there may be no console. */
    @SuppressWarnings("SystemConsoleNull")
    static boolean isTerminal() {
        java.io.Console terminal = System.console();
        return terminal != null && terminal.isTerminal();
    }

    /** What is written to {@link #json}. */
    @FunctionalInterface
    interface Content {
        void write(JsonGenerator json) throws IOException;
    }

    /** Prints one JSON value, indented. */
    void json(Content content) throws IOException {
        try (JsonGenerator json = new JsonFactory()
                .createGenerator(out)
                .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
                .useDefaultPrettyPrinter()) {
            content.write(json);
        }
        out.println();
    }
}
