package io.sqlitereplica.sidecar.wal;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HexFormat;
import java.util.StringJoiner;
import java.util.TreeMap;
import org.sqlite.SQLiteConnection;

/** The process behind {@link App}: runs the commands it reads, one a line, fields separated by tabs. */
final class AppMain {
    private final String database;
    private final TreeMap<String, SQLiteConnection> connections = new TreeMap<>();

    private AppMain(String database) {
        this.database = database;
    }

    public static void main(String[] args) throws IOException, SQLException {
        AppMain app = new AppMain(args[0]);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            try {
                out.println("ok\t" + app.run(line.split("\t", -1)));
            } catch (SQLException e) {
                out.println("error\t" + String.valueOf(e.getMessage()).replace('\n', ' '));
            }
        }
        for (SQLiteConnection connection : app.connections.values()) {
            connection.close();
        }
    }

    private String run(String[] command) throws SQLException, IOException {
        return switch (command[0]) {
            case "sql" -> firstColumn(row(command[1], command[2]));
            case "row" -> row(command[1], command[2]);
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
            case "read" -> read(command[1], Long.parseLong(command[2]), Integer.parseInt(command[3]));
            case "write" -> write(command[1], Long.parseLong(command[2]), command[3]);
            default -> throw new IllegalArgumentException(command[0]);
        };
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

    /** Bytes of a file, as hex. Only in a process without connections: closing drops its locks. */
    private static String read(String file, long offset, int bytes) throws IOException {
        try (RandomAccessFile from = new RandomAccessFile(file, "r")) {
            byte[] content = new byte[bytes];
            from.seek(offset);
            from.readFully(content);
            return HexFormat.of().formatHex(content);
        }
    }

    private static String write(String file, long offset, String hex) throws IOException {
        try (RandomAccessFile to = new RandomAccessFile(file, "rw")) {
            to.seek(offset);
            to.write(HexFormat.of().parseHex(hex));
            return "";
        }
    }
}
