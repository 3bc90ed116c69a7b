package io.sqlitereplica.sidecar.wal;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/** One connection to the database: never creates it, never checkpoints by itself, keeps next to nothing in memory. */
final class Sqlite implements AutoCloseable {
    private static final String READ_SOMETHING = "PRAGMA user_version";

    private static final long PAUSE_NANOS = Duration.ofMillis(1).toNanos();

    private final Connection connection;

    /** Opens a connection that never waits. */
    interface Opener {
        Sqlite open() throws SQLException;
    }

    private Sqlite(Connection connection) {
        this.connection = connection;
    }

    static Sqlite open(Path database, Duration busyTimeout) throws SQLException {
        return open(database, "rw", busyTimeout);
    }

    /** A connection that cannot write, and therefore leaves the log in place when it is the last one closed. */
    static Sqlite openReadOnly(Path database, Duration busyTimeout) throws SQLException {
        return open(database, "ro", busyTimeout);
    }

    private static Sqlite open(Path database, String mode, Duration busyTimeout) throws SQLException {
        // As a URI: the driver makes (and deletes) plain files to see whether it may, and SQLite would create them.
        String uri = "jdbc:sqlite:file:" + database.toUri().getRawPath() + "?mode=" + mode;
        SQLiteConfig config = new SQLiteConfig();
        config.setBusyTimeout(Math.toIntExact(busyTimeout.toMillis()));
        Sqlite sqlite = new Sqlite(config.createConnection(uri));
        try {
            sqlite.execute("PRAGMA wal_autocheckpoint=0");
            sqlite.execute("PRAGMA mmap_size=0");
            sqlite.beSmall();
            return sqlite;
        } catch (SQLException e) {
            closeAfter(e, sqlite);
            throw e;
        }
    }

    /**
     * There may be hundreds of connections, and none of them reads more than the first page. Setting its limits makes SQLite
     * read the schema and take the pages of a default cache at once: these are given back (151 KB down to 62 KB,
     * by {@code sqlite3_memory_used}), and a cache of two pages takes each as it comes.
     */
    private void beSmall() throws SQLException {
        execute("PRAGMA cache_size=2");
        execute("PRAGMA writable_schema=RESET");
        execute("PRAGMA shrink_memory");
    }

    /** From now on a lock that is held elsewhere fails at once. */
    void neverWait() throws SQLException {
        execute("PRAGMA busy_timeout=0");
    }

    /**
     * Begins a read transaction and takes its slot: BEGIN alone takes none, the first statement that reads does.
     */
    void beginRead() throws SQLException {
        execute("BEGIN");
        try {
            queryText(READ_SOMETHING);
        } catch (SQLException e) {
            try {
                execute("ROLLBACK");
            } catch (SQLException rollback) {
                e.addSuppressed(rollback);
            }
            throw e;
        }
    }

    /** Opens the log, as the first reading does. */
    void readOnce() throws SQLException {
        beginRead();
        rollback();
    }

    /** As {@link #beginRead}, and waits for a slot: SQLite may be recovering. */
    void beginReadPatiently(Duration patience) throws SQLException {
        long start = System.nanoTime();
        while (true) {
            try {
                beginRead();
                return;
            } catch (SQLException e) {
                if (!isBusy(e) || System.nanoTime() - start > patience.toNanos()) {
                    throw e;
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }

    void beginImmediate() throws SQLException {
        execute("BEGIN IMMEDIATE");
    }

    void rollback() throws SQLException {
        execute("ROLLBACK");
    }

    /** What {@code PRAGMA wal_checkpoint} answers. {@code busy}: the lock of checkpoints is held elsewhere. */
    record Checkpoint(boolean busy, int log, int checkpointed) {
        boolean complete() {
            return !busy && log == checkpointed;
        }
    }

    /** Copies what no reader needs any more into the database file. Waits for nobody. */
    Checkpoint checkpointPassive() throws SQLException {
        try {
            return checkpoint("PASSIVE");
        } catch (SQLException e) {
            if (isBusy(e)) {
                return new Checkpoint(true, -1, -1);
            }
            throw e;
        }
    }

    /** Reads the published header, which repairs a torn one, and does nothing else. */
    void checkpointNothing() throws SQLException {
        // A mode that SQLite does not know would run a real checkpoint: NOOP came with 3.51.
        String[] version = queryText("SELECT sqlite_version()").split("\\.", -1);
        if (Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]) < 3051) {
            throw new SQLException("SQLite " + String.join(".", version) + " is older than 3.51");
        }
        checkpoint("NOOP");
    }

    private Checkpoint checkpoint(String mode) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("PRAGMA wal_checkpoint(" + mode + ")")) {
            row.next();
            return new Checkpoint(row.getInt(1) != 0, row.getInt(2), row.getInt(3));
        }
    }

    void execute(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** The first column of the first row; empty when there is none. */
    String queryText(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }

    /** Somebody else holds a lock: to be tried again. */
    static boolean isBusy(SQLException e) {
        return is(e, SQLiteErrorCode.SQLITE_BUSY)
                || is(e, SQLiteErrorCode.SQLITE_LOCKED)
                || is(e, SQLiteErrorCode.SQLITE_PROTOCOL);
    }

    static boolean is(SQLException e, SQLiteErrorCode code) {
        return e instanceof SQLiteException sqlite && (sqlite.getResultCode().code & 0xff) == code.code;
    }

    static void closeAfter(Exception cause, AutoCloseable resource) {
        try {
            resource.close();
        } catch (Exception e) {
            cause.addSuppressed(e);
        }
    }
}
