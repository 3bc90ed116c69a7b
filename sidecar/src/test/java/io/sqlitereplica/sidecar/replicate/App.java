package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.testing.KillPoints;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;

/**
 * The application that owns a database: a process of its own, as in a pod. In the test's process its connections would
 * share their locks with those of the code under test.
 */
final class App implements AutoCloseable {
    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    private App(Process process) {
        this.process = process;
        this.commands = process.outputWriter();
        this.answers = process.inputReader();
    }

    static App start(Path database) {
        return new App(ChildJvm.start(AppMain.class, List.of(), List.of(database.toString())));
    }

    /** Starts an app with an empty database in WAL mode. */
    static App create(Path database, int pageSize) {
        App app = start(database);
        app.sql("PRAGMA page_size=" + pageSize);
        app.sql("PRAGMA journal_mode=WAL");
        RandomWriter.SCHEMA.forEach(app::sql);
        return app;
    }

    /** The first column of the first row. */
    String sql(String sql) {
        return command("sql", sql);
    }

    long number(String sql) {
        return Long.parseLong(sql(sql));
    }

    /** Adds so many rows of 3,000 random bytes, in one transaction. */
    void fill(int rows) {
        sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT " + rows
                + ") INSERT INTO data(bytes) SELECT randomblob(3000) FROM n");
    }

    /** Runs statements on a connection of another SQLite library. */
    void old(String library, String... statements) {
        for (String sql : statements) {
            command("native", library, sql);
        }
    }

    /** Has it die at that point of the library's next write. */
    void dieAt(String library, KillPoints.Point point) {
        command("die", library, point.name());
    }

    /** Writes the database as the app sees it to a file. */
    void serialize(Path to) {
        command("serialize", to.toString());
    }

    void disconnect() {
        command("disconnect");
    }

    /** Begins to write random transactions. */
    void write(long seed, int maxPages) {
        command("write", String.valueOf(seed), String.valueOf(maxPages));
    }

    /** How many transactions were committed in all. */
    long written() {
        return Long.parseLong(command("written"));
    }

    /** Ends writing, and says how many transactions were committed in all. */
    long pause() {
        return Long.parseLong(command("pause"));
    }

    private String command(String... fields) {
        try {
            commands.write(String.join("\t", fields).replace('\n', ' ') + "\n");
            commands.flush();
            String line = answers.readLine();
            if (line == null) {
                throw new IllegalStateException("The app is gone");
            }
            if (line.startsWith("error\t")) {
                throw new IllegalStateException(line.substring(6));
            }
            return line.substring(line.indexOf('\t') + 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** kill -9. */
    void kill() {
        ChildJvm.kill(process);
    }

    /** Ends it with its connections closed. */
    @Override
    public void close() {
        try {
            commands.close();
        } catch (IOException e) {
            process.destroyForcibly(); // it was gone
        }
        ChildJvm.awaitEnd(process);
    }
}
