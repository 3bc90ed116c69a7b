package io.sqlitereplica.sidecar.replicate;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Reads what a {@link RandomWriter} wrote over and over, in one connection, until its input has something: each time all of
 * it must be one state between two of its transactions. Prints how many states it saw.
 */
final class ReaderMain {
    private static final int WHOLE_CHECK_EACH = 20;

    private ReaderMain() {}

    public static void main(String[] args) throws Exception {
        long states = 0;
        long last = -1;
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + args[0]);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout=10000");
            for (long reads = 0; reads == 0 || System.in.available() == 0; reads++) {
                statement.execute("BEGIN");
                long progress = number(statement, "SELECT coalesce(max(n), 0) FROM progress");
                long count = number(statement, "SELECT count(*) FROM log");
                long newest = number(statement, "SELECT coalesce(max(n), 0) FROM log");
                String whole = reads % WHOLE_CHECK_EACH == 0 ? text(statement, "PRAGMA integrity_check") : "ok";
                statement.execute("COMMIT");
                if (count != progress || newest != progress || progress < last || !whole.equals("ok")) {
                    throw new IllegalStateException("read %d: progress %d after %d, %d rows up to %d, %s"
                            .formatted(reads, progress, last, count, newest, whole));
                }
                states += progress > last ? 1 : 0;
                last = progress;
            }
        }
        System.out.println(states);
    }

    private static long number(Statement statement, String sql) throws SQLException {
        return Long.parseLong(text(statement, sql));
    }

    private static String text(Statement statement, String sql) throws SQLException {
        try (ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
