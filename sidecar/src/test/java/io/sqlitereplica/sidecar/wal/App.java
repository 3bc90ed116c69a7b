package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.testing.SqlFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

/**
 * The application that owns a database: a process of its own, as it is in a pod. In the test's process its connections
 * would share their locks with those of the code under test. A process that ended well serves the next test.
 */
final class App implements AutoCloseable {
    private static final Deque<App> IDLE = new ConcurrentLinkedDeque<>();

    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;
    private boolean reusable;
    private int unanswered;

    private App(Process process) {
        this.process = process;
        this.commands = process.outputWriter();
        this.answers = process.inputReader();
    }

    static App start(Path database) {
        App idle = IDLE.poll();
        App app = idle != null ? idle : start(AppMain.class);
        app.reusable = true;
        app.command("database", database.toString());
        return app;
    }

    static App start(Class<?> main, String... arguments) {
        try {
            return new App(ChildJvm.start(main, List.of(arguments)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a statement on the app's one connection; the first column of the first row. */
    String sql(String sql) {
        return on("main", sql);
    }

    /** Runs a statement on a connection of that name; the first column of the first row. */
    String on(String connection, String sql) {
        return command("sql", connection, sql);
    }

    /** All columns of the first row, as {@code 0|12|12}. */
    String row(String sql) {
        return command("row", "main", sql);
    }

    /** Writes the database as this connection sees it to a file. */
    void serialize(String connection, Path to) {
        command("serialize", connection, to.toString());
    }

    void disconnect(String connection) {
        command("disconnect", connection);
    }

    /** Sends a command and waits for its answer. */
    String command(String... fields) {
        send(fields);
        return answer();
    }

    /** Sends a command whose answer is waited for later. */
    void send(String... fields) {
        try {
            unanswered++;
            commands.write(String.join("\t", fields).replace('\n', ' ') + "\n");
            commands.flush();
        } catch (IOException e) {
            throw new IllegalStateException("The app is gone", e);
        }
    }

    String answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("The app is gone");
            }
            unanswered--;
            if (line.startsWith("error\t")) {
                throw new SqlFailure(line.substring(6));
            }
            return line.substring(line.indexOf('\t') + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** An answer is there, or the process is gone. */
    boolean hasAnswer() {
        try {
            return answers.ready() || !process.isAlive();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** kill -9. */
    void kill() {
        reusable = false;
        process.destroyForcibly();
        awaitEnd();
    }

    /** Closes its connections. */
    @Override
    public void close() {
        if (reusable && unanswered == 0 && process.isAlive()) {
            reusable = false;
            command("database", "");
            IDLE.add(this);
        } else {
            end();
        }
    }

    private void end() {
        try {
            commands.close();
        } catch (IOException e) {
            process.destroyForcibly(); // it was gone
        }
        awaitEnd();
    }

    /** How its process ended. */
    int exitCode() {
        awaitEnd();
        return process.exitValue();
    }

    /** Waits until its process has ended by itself. */
    void awaitEnd() {
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("The app does not end");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
        }
    }
}
