package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.NativeSqlite;
import io.sqlitereplica.sidecar.testing.SqlFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Random;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/** The process behind {@link App}: runs the commands it reads, one a line, fields separated by tabs. */
final class AppMain {
    private String database = "";
    private NativeSqlite.@Nullable Connection library;
    private final TreeMap<String, SQLiteConnection> connections = new TreeMap<>();

    public static void main(String[] args) throws IOException, SQLException {
        AppMain app = new AppMain();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                out.println("ok\t" + app.run(line.split("\t", -1)));
            } catch (SQLException | SqlFailure e) {
                out.println("error\t" + String.valueOf(e.getMessage()).replace('\n', ' '));
            }
        }
        app.disconnectAll();
    }

    private void disconnectAll() throws SQLException {
        for (SQLiteConnection connection : connections.values()) {
            connection.close();
        }
        connections.clear();
        if (library != null) {
            library.close();
            library = null;
        }
    }

    private String run(String[] command) throws SQLException, IOException {
        return switch (command[0]) {
            case "database" -> {
                disconnectAll();
                database = command[1];
                yield "";
            }
            case "sql" -> firstColumn(row(command[1], command[2]));
            case "row" -> row(command[1], command[2]);
            case "die" -> {
                KillPoints.Point point = KillPoints.Point.valueOf(command[2]);
                KillPoints.install(load(command[1]), EnumSet.of(point), 1, new Random());
                yield "";
            }
            case "native" -> {
                if (library == null) {
                    library = load(command[1]).connect(Path.of(database));
                }
                library.exec(command[2]);
                yield "";
            }
            case "hammer" -> hammer(command[1], command[2], Integer.parseInt(command[3]));
            case "serialize" -> {
                Files.write(Path.of(command[2]), connection(command[1]).serialize("main"));
                yield "";
            }
            case "disconnect" -> {
                SQLiteConnection connection = connections.remove(command[1]);
                if (connection != null) {
                    connection.close();
                }
                yield "";
            }
            default -> throw new IllegalArgumentException(command[0]);
        };
    }

    private static NativeSqlite load(String file) {
        return Objects.requireNonNull(NativeSqlite.load(file), file);
    }

    private SQLiteConnection connection(String name) throws SQLException {
        SQLiteConnection connection = connections.get(name);
        if (connection == null) {
            connection = DriverManager.getConnection(
                            "jdbc:sqlite:file:" + Path.of(database).toUri().getRawPath())
                    .unwrap(SQLiteConnection.class);
            connections.put(name, connection);
        }
        return connection;
    }

    private String row(String name, String sql) throws SQLException {
        try (Statement statement = connection(name).createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                StringJoiner columns = new StringJoiner("|");
                if (row.next()) {
                    for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
                        columns.add(row.getString(i));
                    }
                }
                return columns.toString();
            }
        }
    }

    /** Repeats a statement without a pause. */
    private String hammer(String name, String sql, int times) throws SQLException {
        try (Statement statement = connection(name).createStatement()) {
            for (int i = 0; i < times; i++) {
                statement.execute(sql);
            }
            return Integer.toString(times);
        }
    }

    private static String firstColumn(String row) {
        int end = row.indexOf('|');
        return end < 0 ? row : row.substring(0, end);
    }
}
