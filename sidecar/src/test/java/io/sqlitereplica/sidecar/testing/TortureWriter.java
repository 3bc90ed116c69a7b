package io.sqlitereplica.sidecar.testing;

import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import org.sqlite.SQLiteConnection;

/**
 * An app that does everything to its database that SQLite allows: spills, savepoints, checkpoints in every mode, VACUUM,
 * backups into it, connections that come and go, readers that stay, and a sudden death.
 *
 * <p>Arguments: database, seed, seconds, library ({@code driver}, or a file), one in how many passages of a kill point it
 * dies (0: never), the point ({@code all}: any).
 */
public final class TortureWriter {
    /** As many rows of 4,000 bytes as make 50,000 pages of 512. */
    private static final int MOST_ROWS = 6_400;

    /** Keeps the database below some 25 MB in use, so that it can be compared often. */
    private static final String SHRINK = "DELETE FROM t WHERE 25000000 < (SELECT page_size FROM pragma_page_size) *"
            + " ((SELECT page_count FROM pragma_page_count) - (SELECT freelist_count FROM pragma_freelist_count))";

    private static final List<String> MODES = List.of("PASSIVE", "FULL", "RESTART", "TRUNCATE");

    private final Opener opener;
    private final Path database;
    private final Random random;
    private final double checkpoints;
    private final double vacuums;
    private final double backups;
    private final List<Session> sessions = new ArrayList<>();
    private final TreeMap<Long, Session> readers = new TreeMap<>();
    private int commits;
    private int errors;

    /** A connection of whatever library. */
    private interface Session extends Closeable {
        void exec(String sql);

        /** Makes the database a copy of another one, with SQLite's backup functions. */
        void restoreFrom(Path source);

        @Override
        void close();
    }

    private interface Opener {
        Session open(Path database);
    }

    private TortureWriter(Opener opener, Path database, Random random) {
        this.opener = opener;
        this.database = database;
        this.random = random;
        this.checkpoints = pick(0, .02, .1);
        this.vacuums = pick(0, .01, .03);
        this.backups = pick(0, .003, .01);
    }

    public static void main(String[] args) {
        Path database = Path.of(args[0]);
        long seed = Long.parseLong(args[1]);
        Random random = new Random(seed);
        Opener opener = args[3].equals("driver")
                ? DriverSession::new
                : library(args[3], Integer.parseInt(args[4]), args[5], random);
        TortureWriter writer = new TortureWriter(opener, database, random);
        long end = System.nanoTime() + (long) (Double.parseDouble(args[2]) * 1e9);
        while (System.nanoTime() < end) {
            try {
                writer.step();
            } catch (SqlFailure e) {
                writer.failed(e);
            }
        }
        writer.report();
    }

    /** Now and then, because most writers do not live to their end. */
    private void report() {
        System.out.println("commits " + commits + " errors " + errors);
        commits = 0;
        errors = 0;
    }

    private static Opener library(String file, int oneIn, String point, Random random) {
        NativeSqlite sqlite = Objects.requireNonNull(NativeSqlite.load(file), file);
        if (oneIn > 0) {
            Set<KillPoints.Point> points = point.equals("all")
                    ? EnumSet.allOf(KillPoints.Point.class)
                    : EnumSet.of(KillPoints.Point.valueOf(point));
            KillPoints.install(sqlite, points, oneIn, new Random(random.nextLong()));
        }
        return database -> new LibrarySession(sqlite.connect(database));
    }

    private record LibrarySession(NativeSqlite.Connection connection) implements Session {
        @Override
        public void exec(String sql) {
            connection.exec(sql);
        }

        @Override
        public void restoreFrom(Path source) {
            connection.restoreFrom(source);
        }

        @Override
        public void close() {
            connection.close();
        }
    }

    private static final class DriverSession implements Session {
        private final SQLiteConnection connection;

        DriverSession(Path database) {
            try {
                connection = DriverManager.getConnection("jdbc:sqlite:file:" + database + "?mode=rw")
                        .unwrap(SQLiteConnection.class);
            } catch (SQLException e) {
                throw new SqlFailure(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void exec(String sql) {
            try (Statement statement = connection.createStatement()) {
                statement.execute(sql);
            } catch (SQLException e) {
                throw new SqlFailure(String.valueOf(e.getMessage()));
            }
        }

        @Override
        public void restoreFrom(Path source) {
            exec("restore from " + source);
        }

        @Override
        public void close() {
            try {
                connection.close();
            } catch (SQLException e) {
                throw new SqlFailure(String.valueOf(e.getMessage()));
            }
        }
    }

    private void failed(SqlFailure e) {
        errors++;
        String message = String.valueOf(e.getMessage());
        if (message.contains("malformed") || message.contains("not a database")) {
            System.out.println("damaged: " + message);
        }
        if (random.nextInt(3) == 0) {
            pause(5);
        }
    }

    private void step() {
        if (sessions.isEmpty() || chance(.02)) {
            sessions.add(connect());
        }
        if (chance(.01) && sessions.size() > 3) {
            sessions.remove(random.nextInt(sessions.size())).close();
        }
        if (chance(.004)) {
            closeAll();
            sessions.add(connect());
        }
        readAWhile();
        Session session = sessions.get(random.nextInt(sessions.size()));
        if (chance(checkpoints)) {
            session.exec("PRAGMA wal_checkpoint(" + MODES.get(random.nextInt(4)) + ")");
        } else if (chance(vacuums)) {
            session.exec(random.nextBoolean() ? "VACUUM" : "PRAGMA incremental_vacuum(" + pick(1, 20, 1000) + ")");
        } else if (chance(backups)) {
            backup(session);
        } else {
            transaction(session);
        }
        if (chance(.05)) {
            pause(20);
        }
        if (commits >= 5) {
            report();
        }
    }

    private Session connect() {
        Session session = opener.open(database);
        session.exec("PRAGMA busy_timeout=" + (int) pick(0, 0, 10, 300));
        session.exec("PRAGMA synchronous=" + (int) pick(0, 1, 1, 2));
        session.exec("PRAGMA cache_size=" + (int) pick(5, 10, 100, -2000));
        session.exec("PRAGMA wal_autocheckpoint=" + (int) pick(0, 1, 7, 50, 1000));
        if (chance(.3)) {
            session.exec("PRAGMA journal_size_limit=" + (int) pick(0, 4096, 100000));
        }
        return session;
    }

    private void closeAll() {
        sessions.forEach(Session::close);
        sessions.clear();
        readers.values().forEach(Session::close);
        readers.clear();
    }

    private void readAWhile() {
        long now = System.nanoTime();
        if (chance(.01) && readers.size() < 2) {
            Session reader = connect();
            reader.exec("BEGIN");
            reader.exec("SELECT count(*) FROM sqlite_master");
            readers.put(now + random.nextInt(600) * 1_000_000L, reader);
        }
        Iterator<Session> ended = readers.headMap(now).values().iterator();
        while (ended.hasNext()) {
            ended.next().close();
            ended.remove();
        }
    }

    /** Writes a changed copy of the database over it, in one transaction. */
    private void backup(Session session) {
        Path copy = database.resolveSibling("copy-" + ProcessHandle.current().pid() + ".db");
        try {
            session.exec("VACUUM INTO '" + copy + "'");
            try (Session changing = opener.open(copy)) {
                changing.exec(change(10));
            }
            session.restoreFrom(copy);
            commits++;
        } finally {
            delete(copy);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void transaction(Session session) {
        session.exec(chance(.3) ? "BEGIN" : "BEGIN IMMEDIATE");
        try {
            boolean savepoints = chance(.15);
            int left = 1 + (int) (pick(1, 1, 1, 3, 10, 10, 50, 200) * random.nextDouble());
            if (chance(.02)) {
                left = 1 + random.nextInt(2000);
            }
            if (chance(.002)) {
                left = 1 + random.nextInt(MOST_ROWS);
            }
            while (left > 0) {
                int some = Math.min(left, (int) pick(1, 2, 5, 30, 400));
                if (savepoints && chance(.3)) {
                    session.exec("SAVEPOINT s");
                }
                session.exec(change(some));
                left -= some;
                if (savepoints && chance(.3)) {
                    rollbackToSavepoint(session);
                }
            }
            if (chance(.2)) {
                session.exec("DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY id LIMIT"
                        + " (SELECT max(0, count(*) - 300) FROM t))");
            }
            session.exec(SHRINK);
            session.exec(chance(.12) ? "ROLLBACK" : "COMMIT");
            commits++;
        } catch (SqlFailure e) {
            try {
                session.exec("ROLLBACK");
            } catch (SqlFailure rollback) {
                e.addSuppressed(rollback); // SQLite had done so itself
            }
            throw e;
        }
    }

    private static void rollbackToSavepoint(Session session) {
        try {
            session.exec("ROLLBACK TO s");
        } catch (SqlFailure e) {
            if (!String.valueOf(e.getMessage()).contains("no such savepoint")) {
                throw e;
            }
        }
    }

    private String change(int some) {
        return switch (random.nextInt(8)) {
            case 0, 1, 2, 3 -> "INSERT INTO t(b) VALUES (randomblob(" + some * 4000 + "))";
            case 4 ->
                "UPDATE t SET b = randomblob(length(b)) WHERE id IN (SELECT id FROM t ORDER BY random() LIMIT "
                        + Math.max(1, some / 4) + ")";
            case 5 ->
                "INSERT INTO u WITH RECURSIVE q(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM q LIMIT " + some * 20
                        + ") SELECT random(), randomblob(30) FROM q";
            case 6 -> "DELETE FROM t WHERE id IN (SELECT id FROM t ORDER BY random() LIMIT " + Math.max(1, some) + ")";
            default -> "DELETE FROM u WHERE rowid % " + (int) pick(2, 3, 10) + " = 0";
        };
    }

    private boolean chance(double probability) {
        return random.nextDouble() < probability;
    }

    private double pick(double... values) {
        return values[random.nextInt(values.length)];
    }

    private void pause(int atMostMillis) {
        LockSupport.parkNanos(
                Duration.ofMillis(1 + random.nextInt(atMostMillis)).toNanos());
    }
}
