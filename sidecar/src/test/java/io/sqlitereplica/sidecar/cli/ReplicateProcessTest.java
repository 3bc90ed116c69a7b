package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command {@code replicate} as a process of its own, with real signals. */
class ReplicateProcessTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Pattern LISTEN = Pattern.compile("listen=(127\\.0\\.0\\.1:[1-9][0-9]*)");

    private final List<Process> started = new ArrayList<>();

    @TempDir
    private Path folder;

    @AfterEach
    void stopWhatStillRuns() {
        started.forEach(Process::destroyForcibly);
    }

    @Test
    void shipsEverythingBeforeItEndsAndBringsItBack() throws Exception {
        Path database = folder.resolve("app.db");
        String replica = "file:" + folder.resolve("replica");
        Process process = start("replicate", database.toString(), "--to", replica, "--listen", "127.0.0.1:0");
        try (Connection app = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = app.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE t (x)");
            await().atMost(PATIENCE).until(() -> status().contains("\"state\":\"replicating\""));
            for (int i = 0; i < 200; i++) {
                statement.execute("INSERT INTO t VALUES (randomblob(500))");
            }

            process.destroy();

            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(log()).isZero();
        }
        assertThat(run("verify", "--from", replica, "--against", database.toString()))
                .as(log())
                .isZero();
        Path restored = folder.resolve("restored.db");
        assertThat(run("restore", "--from", replica, "--to", restored.toString()))
                .as(log())
                .isZero();
        assertThat(query(restored, "SELECT count(*) FROM t")).isEqualTo("200");
        assertThat(query(restored, "PRAGMA integrity_check")).isEqualTo("ok");
    }

    @Test
    void restoresAMissingDatabaseBeforeItStarts() throws Exception {
        Path database = folder.resolve("app.db");
        try (Connection app = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = app.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE t AS SELECT 'kept' AS x");
        }
        Path config =
                Files.writeString(folder.resolve("sidecar.yaml"), """
                    version: 1
                    databases: [{name: app, path: %s, url: "file:%s"}]
                    listen: 127.0.0.1:0
                    """.formatted(database, folder.resolve("replica")));
        Process first = start("replicate", "--config", config.toString());
        await().atMost(PATIENCE).until(() -> status().contains("\"state\":\"replicating\""));
        first.destroy();
        assertThat(first.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(first.exitValue()).as(log()).isZero();
        Files.delete(database);

        Process second = start("replicate", "--config", config.toString());
        await().atMost(PATIENCE).until(() -> get("/startupz").statusCode() == 200);

        assertThat(query(database, "SELECT x FROM t")).isEqualTo("kept");
        assertThat(status()).contains("\"restore\":{\"fromTxid\":\"000000000000000");
        second.destroy();
        assertThat(second.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).as(log()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replicate",
                "replicate app.db",
                "replicate --to file:/r",
                "replicate app.db --to file:r",
                "replicate app.db --to file:/r --sync-interval fast",
                "replicate app.db --to file:/r --listen nowhere",
                "replicate a/app.db b/app.db --to file:/r",
                "replicate app.db --config sidecar.yaml",
                "replicate --config nowhere.yaml"
            })
    void refusesAWrongCommandLine(String line) throws Exception {
        assertThat(new CommandLineTool(System.out, System.err).run(line.split(" ", -1)))
                .isEqualTo(ExitCode.USAGE);
    }

    private Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("log").toFile())
                .start();
        started.add(process);
        return process;
    }

    private int run(String... arguments) throws Exception {
        Process process = start(arguments);
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }

    private String status() throws Exception {
        return get("/status").body();
    }

    private HttpResponse<String> get(String path) throws Exception {
        await().atMost(PATIENCE).until(() -> LISTEN.matcher(log()).find());
        Matcher listen = LISTEN.matcher(log());
        assertThat(listen.find()).isTrue();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://" + listen.group(1) + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String query(Path database, String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
