package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.NativeSqlite;
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
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConnection;

/** The process behind {@link App}: runs the commands it reads, one a line, fields separated by tabs. */
final class AppMain {
    private final String database;
    private @Nullable SQLiteConnection connection;
    private NativeSqlite.@Nullable Connection library;
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
            case "native" -> {
                NativeSqlite.Connection open = library;
                if (open == null) {
                    open = load(command[1]).connect(Path.of(database));
                    library = open;
                }
                open.exec(command[2]);
                yield "";
            }
            case "die" -> {
                KillPoints.Point point = KillPoints.Point.valueOf(command[2]);
                KillPoints.install(load(command[1]), EnumSet.of(point), 1, new Random());
                yield "";
            }
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

    private static NativeSqlite load(String file) {
        return Objects.requireNonNull(NativeSqlite.load(file), file);
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
        if (library != null) {
            library.close();
            library = null;
        }
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
