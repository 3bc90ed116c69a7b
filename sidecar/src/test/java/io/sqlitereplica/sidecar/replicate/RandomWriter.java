package io.sqlitereplica.sidecar.replicate;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Writes random transactions until it is told to end. The transaction number n sets {@code progress} to n and adds the row
 * n to {@code log}: so any state of the database tells whether it is one between two transactions, and which.
 */
final class RandomWriter extends Thread {
    private final String database;
    private final Random random;
    private final int maxPages;
    private final boolean calm;
    private volatile boolean ending;
    private volatile long committed;
    private volatile @Nullable SQLException failure;

    /** One whose transactions change up to so many pages. */
    RandomWriter(String database, long seed, int maxPages) {
        super("writer");
        this.database = database;
        this.random = new Random(seed);
        this.maxPages = maxPages;
        this.calm = random.nextInt(3) == 0; // leaves checkpoints to others
    }

    /** Makes its tables. */
    static final List<String> SCHEMA = List.of(
            "CREATE TABLE progress(n INTEGER)",
            "CREATE TABLE log(n INTEGER PRIMARY KEY, note TEXT)",
            "CREATE TABLE data(id INTEGER PRIMARY KEY, bytes BLOB)");

    long committed() {
        return committed;
    }

    /** Ends it, and tells how many transactions there are in the database. */
    long finish() throws SQLException {
        ending = true;
        try {
            join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        if (failure != null) {
            throw failure;
        }
        return committed;
    }

    @Override
    public void run() {
        try {
            while (!ending) {
                try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
                    connect(connection);
                    int transactions = 1 + random.nextInt(calm ? 100_000 : 400);
                    for (int i = 0; i < transactions && !ending; i++) {
                        step(connection);
                    }
                }
            }
        } catch (SQLException e) {
            failure = e;
        }
    }

    private void connect(Connection connection) throws SQLException {
        execute(connection, "PRAGMA busy_timeout=10000");
        int autocheckpoint = calm ? 0 : new int[] {0, 10, 200, 1000, 1000}[random.nextInt(5)];
        execute(connection, "PRAGMA wal_autocheckpoint=" + autocheckpoint);
        execute(connection, "PRAGMA cache_size=" + new int[] {5, 50, -2000}[random.nextInt(3)]);
        execute(connection, "PRAGMA synchronous=NORMAL");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT n FROM progress")) {
            committed = row.next() ? row.getLong(1) : 0;
        }
    }

    private void step(Connection connection) throws SQLException {
        int what = calm ? 1000 : random.nextInt(1000);
        if (what < 10) {
            String mode = new String[] {"PASSIVE", "FULL", "RESTART", "TRUNCATE"}[random.nextInt(4)];
            execute(connection, "PRAGMA wal_checkpoint(" + mode + ")");
        } else if (what < 12) {
            execute(connection, "VACUUM");
        } else {
            transaction(connection);
        }
        if (random.nextInt(3) == 0) {
            LockSupport.parkNanos(random.nextInt(10_000_000));
        }
    }

    private void transaction(Connection connection) throws SQLException {
        execute(connection, "BEGIN IMMEDIATE");
        long next = committed + 1;
        if (next == 1) {
            execute(connection, "INSERT INTO progress VALUES (1)");
        } else {
            execute(connection, "UPDATE progress SET n=" + next);
        }
        execute(connection, "INSERT INTO log VALUES (" + next + ", 'transaction " + next + "')");
        int pages = random.nextInt(50) == 0 ? random.nextInt(maxPages) : random.nextInt(5);
        while (pages > 0) {
            int some = Math.min(pages, 1 + random.nextInt(20));
            switch (random.nextInt(4)) {
                case 0, 1 -> execute(connection, "INSERT INTO data(bytes) VALUES (randomblob(" + some * 3500 + "))");
                case 2 ->
                    execute(
                            connection,
                            "UPDATE data SET bytes=randomblob(length(bytes)) WHERE id IN (SELECT id FROM data ORDER BY"
                                    + " random() LIMIT "
                                    + some + ")");
                default ->
                    execute(
                            connection,
                            "DELETE FROM data WHERE id IN (SELECT id FROM data ORDER BY random() LIMIT " + some + ")");
            }
            pages -= some;
        }
        if (random.nextInt(20) == 0) {
            execute(connection, "ROLLBACK");
        } else {
            execute(connection, "COMMIT");
            committed = next;
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
