package io.sqlitereplica.sidecar.replicate;

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
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/** The process behind {@link App}: runs the commands it reads, one a line, fields separated by tabs. */
final class AppMain {
    private final String database;
    private @Nullable SQLiteConnection connection;
    private @Nullable RandomWriter writer;

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
            } catch (SQLException | RuntimeException e) {
                out.println("error\t" + e.toString().replace('\n', ' '));
            }
        }
        app.disconnect();
    }

    private String run(String[] command) throws SQLException, IOException {
        return switch (command[0]) {
            case "sql" -> sql(command[1]);
            case "serialize" -> {
                Files.write(Path.of(command[1]), connection().serialize("main"));
                yield "";
            }
            case "disconnect" -> {
                disconnect();
                yield "";
            }
            case "write" -> {
                writer = new RandomWriter(database, Long.parseLong(command[1]), Integer.parseInt(command[2]));
                writer.start();
                yield "";
            }
            case "written" -> {
                RandomWriter writing = writer;
                yield String.valueOf(writing == null ? 0 : writing.committed());
            }
            case "pause" -> {
                RandomWriter writing = writer;
                writer = null;
                yield writing == null ? "0" : String.valueOf(writing.finish());
            }
            default -> throw new IllegalArgumentException(command[0]);
        };
    }

    private SQLiteConnection connection() throws SQLException {
        SQLiteConnection open = connection;
        if (open == null) {
            open = DriverManager.getConnection("jdbc:sqlite:" + database).unwrap(SQLiteConnection.class);
            connection = open;
        }
        return open;
    }

    private void disconnect() throws SQLException {
        SQLiteConnection open = connection;
        connection = null;
        if (open != null) {
            open.close();
        }
    }

    private String sql(String sql) throws SQLException {
        try (Statement statement = connection().createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            try (ResultSet row = statement.getResultSet()) {
                return row.next() ? String.valueOf(row.getString(1)) : "";
            }
        }
    }
}
