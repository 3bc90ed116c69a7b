package io.sqlitereplica.sidecar.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import org.sqlite.SQLiteException;

/**
 * An app that tells what it felt: it writes transactions of about four pages, a third of them begun by reading, and
 * prints one line in the end. It counts when the sidecar is warm.
 *
 * <p>Arguments: database, transactions a second (0: without a pause), seconds, busy timeout in milliseconds, and how
 * often a second it runs a checkpoint (0: never), and how many milliseconds each transaction lasts, which then writes
 * {@value #ROWS_OF_LONG} rows (0: as short as it can be).
 */
final class SteadyApp {
    private static final int ROW_BYTES = 9_000;
    private static final int ROWS_OF_LONG = 30;
    private static final int MEASURED = 50;

    /** It runs before it is measured. */
    static final int WARM_UP_SECONDS = 5;

    private static final List<String> MODES = List.of("TRUNCATE", "RESTART", "FULL");

    private final Path log;
    private final Statement statement;
    private final String busyTimeoutMillis;
    private final long transactionNanos;
    private final Random random = new Random();
    private final List<Long> checkpointMillis = new ArrayList<>();
    private long busy;
    private long busySnapshots;
    private long busyCheckpoints;
    private long transactions;
    private long fastest;

    private SteadyApp(Path log, Statement statement, String busyTimeoutMillis, long transactionMillis) {
        this.log = log;
        this.statement = statement;
        this.busyTimeoutMillis = busyTimeoutMillis;
        this.transactionNanos = transactionMillis * 1_000_000;
    }

    public static void main(String[] args) throws Exception {
        Path database = Path.of(args[0]);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA synchronous=NORMAL");
            SteadyApp app = new SteadyApp(
                    database.resolveSibling(database.getFileName() + "-wal"),
                    statement,
                    args[3],
                    Long.parseLong(args[5]));
            app.run(Double.parseDouble(args[1]), Double.parseDouble(args[2]), Double.parseDouble(args[4]));
        }
    }

    private void run(double rate, double seconds, double checkpoints) throws Exception {
        double bytes = measure();
        for (long end = System.nanoTime() + WARM_UP_SECONDS * 1_000_000_000L; System.nanoTime() - end < 0; ) {
            transaction();
            LockSupport.parkNanos(rate > 0 ? (long) (1e9 / rate) : 0);
        }
        shorten();
        busy = 0;
        busySnapshots = 0;
        transactions = 0;
        long start = System.nanoTime();
        long end = start + (long) (seconds * 1e9);
        long next = start;
        long second = start;
        long atSecond = 0;
        while (System.nanoTime() - end < 0) {
            transaction();
            if (System.nanoTime() - second >= 1_000_000_000L) {
                fastest = Math.max(fastest, transactions - atSecond);
                atSecond = transactions;
                second = System.nanoTime();
            }
            if (checkpoints > 0 && random.nextDouble() < checkpoints / rate) {
                checkpoint();
            }
            if (rate > 0) {
                next += (long) (-Math.log(1 - random.nextDouble()) / rate * 1e9); // as they come from people: Poisson
                LockSupport.parkNanos(next - System.nanoTime());
            }
        }
        System.out.println(result((System.nanoTime() - start) / 1e9, bytes));
    }

    /** What a transaction adds to the log. */
    private double measure() throws Exception {
        statement.execute("PRAGMA wal_autocheckpoint=0");
        transaction();
        long before = Files.size(log);
        for (int i = 0; i < MEASURED; i++) {
            transaction();
        }
        statement.execute("PRAGMA wal_autocheckpoint=1000");
        return (Files.size(log) - before) / (double) MEASURED;
    }

    /** The file of the log never shrinks by itself, and is to show how long the log is once everything is warm. */
    private void shorten() throws SQLException {
        statement.execute("PRAGMA busy_timeout=30000");
        statement.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        statement.execute("PRAGMA busy_timeout=" + busyTimeoutMillis);
    }

    private void transaction() throws SQLException {
        transactions++;
        String insert = "INSERT INTO t(b) VALUES (randomblob(" + ROW_BYTES + "))";
        try {
            if (transactionNanos > 0) {
                statement.execute("BEGIN IMMEDIATE");
                for (int i = 0; i < ROWS_OF_LONG; i++) {
                    statement.execute(insert);
                }
                LockSupport.parkNanos(transactionNanos);
                statement.execute("DELETE FROM t WHERE id <= (SELECT max(id) FROM t) - 2000");
                statement.execute("COMMIT");
            } else if (random.nextInt(3) == 0) {
                statement.execute("BEGIN");
                statement.executeQuery("SELECT max(id) FROM t").close();
                statement.execute(insert);
                statement.execute("DELETE FROM t WHERE id <= (SELECT max(id) FROM t) - 2000");
                statement.execute("COMMIT");
            } else {
                statement.execute(insert);
            }
        } catch (SQLiteException e) {
            failed(e);
        }
    }

    private void failed(SQLiteException e) throws SQLException {
        switch (e.getResultCode()) {
            case SQLITE_BUSY, SQLITE_BUSY_RECOVERY, SQLITE_BUSY_TIMEOUT -> busy++;
            case SQLITE_BUSY_SNAPSHOT -> busySnapshots++;
            default -> throw e;
        }
        try {
            statement.execute("ROLLBACK");
        } catch (SQLiteException rollback) {
            e.addSuppressed(rollback); // there was no transaction
        }
    }

    private void checkpoint() throws SQLException {
        String mode = MODES.get(checkpointMillis.size() % MODES.size());
        long start = System.nanoTime();
        try (ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
            row.next();
            busyCheckpoints += row.getInt(1);
        }
        checkpointMillis.add((System.nanoTime() - start) / 1_000_000);
    }

    private String result(double seconds, double bytes) {
        String times =
                checkpointMillis.stream().sorted().map(Object::toString).collect(Collectors.joining(",", "[", "]"));
        return "transactions=%d fastest=%d seconds=%.1f bytes=%.0f busy=%d snapshot=%d checkpointBusy=%d checkpoints=%s"
                .formatted(transactions, fastest, seconds, bytes, busy, busySnapshots, busyCheckpoints, times);
    }
}
