package io.sqlitereplica.sidecar.testing;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sqlitereplica.sidecar.cli.Main;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The sidecar itself, {@code sqlite-replica replicate --config}, as the process that runs in a pod. */
public final class SidecarProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Pattern LISTEN = Pattern.compile("listen=(127\\.0\\.0\\.1:[1-9][0-9]*)");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final Process process;
    private final HttpClient http = HttpClient.newHttpClient();

    private SidecarProcess(Path folder, Process process) {
        this.folder = folder;
        this.process = process;
    }

    /**
     * How it is started.
     *
     * @param url where to replicate to
     * @param syncMillis the sync interval
     * @param snapshotSeconds between snapshots
     * @param before what the command line begins with, such as a program that changes the user
     */
    public record Settings(
            Path database,
            String url,
            long syncMillis,
            long maxStagedBytes,
            long snapshotSeconds,
            List<String> before) {
        public Settings(Path database, String url) {
            this(database, url, 100, 64 << 20, 3600, List.of());
        }

        public Settings withMaxStagedBytes(long bytes) {
            return new Settings(database, url, syncMillis, bytes, snapshotSeconds, before);
        }

        public Settings withSnapshotSeconds(long seconds) {
            return new Settings(database, url, syncMillis, maxStagedBytes, seconds, before);
        }

        public Settings behind(String... command) {
            return new Settings(database, url, syncMillis, maxStagedBytes, snapshotSeconds, List.of(command));
        }

        String yaml(Path folder) {
            return """
                version: 1
                databases: [{name: app, path: %s, url: "%s"}]
                sync: {interval: %dms, maxStagedBytes: %d}
                snapshot: {interval: %ds}
                listen: 127.0.0.1:0
                terminationMessage: %s
                """.formatted(
                    database, url, syncMillis, maxStagedBytes, snapshotSeconds, folder.resolve("termination-message"));
        }
    }

    /** Starts it; its files go below a folder. The keys are those of {@link S3Server}. */
    public static SidecarProcess start(Path parent, Settings settings) throws IOException {
        Path folder = Files.createTempDirectory(parent, "sidecar-");
        Path config = Files.writeString(folder.resolve("sidecar.yaml"), settings.yaml(folder));
        List<String> command = new ArrayList<>(settings.before());
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ChildJvm.SMALL);
        command.addAll(List.of("-XX:TieredStopAtLevel=1", "--enable-native-access=ALL-UNNAMED", "-cp"));
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.addAll(List.of(Main.class.getName(), "replicate", "--config", config.toString()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("log").toFile());
        builder.environment().put("AWS_ACCESS_KEY_ID", S3Server.ACCESS_KEY_ID);
        builder.environment().put("AWS_SECRET_ACCESS_KEY", S3Server.SECRET_ACCESS_KEY);
        Process process = builder.start();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(process::destroyForcibly));
        return new SidecarProcess(folder, process);
    }

    public long pid() {
        return process.pid();
    }

    /** What it has said so far. */
    public String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What Kubernetes would show as the reason of its end; empty: nothing. */
    public String terminationMessage() throws IOException {
        Path file = folder.resolve("termination-message");
        return Files.exists(file) ? Files.readString(file) : "";
    }

    /** The first database of {@code /status}. */
    public JsonNode status() {
        try {
            return JSON.readTree(get("/status").join().body()).at("/databases/0");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String state() {
        return status().get("state").asText();
    }

    /** The error in the status; empty: none. */
    public String error() {
        return status().get("error").asText("");
    }

    public void awaitReplicating() {
        await().atMost(PATIENCE).until(() -> state().equals("replicating"));
    }

    /** Asks it to ship what is committed. False: it is not in the destination. */
    public boolean ship() {
        return get("/prestop").join().statusCode() == 200;
    }

    /** Asks one of its endpoints. */
    public CompletableFuture<HttpResponse<String>> get(String path) {
        await().atMost(PATIENCE).until(() -> LISTEN.matcher(log()).find() || !process.isAlive());
        Matcher listen = LISTEN.matcher(log());
        if (!listen.find()) {
            throw new IllegalStateException("The sidecar has ended: " + log());
        }
        return http.sendAsync(
                HttpRequest.newBuilder(URI.create("http://" + listen.group(1) + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** SIGTERM. */
    public void terminate() {
        process.destroy();
    }

    /** SIGTERM, and SIGKILL when that has taken longer than the pod's grace period. Its exit code. */
    public int stopWithin(Duration grace) {
        terminate();
        if (!endsWithin(grace)) {
            kill();
        }
        return exitCode();
    }

    /** Waits for its end. */
    public int exitCode() {
        if (!endsWithin(PATIENCE)) {
            throw new IllegalStateException("The sidecar does not end: " + log());
        }
        return process.exitValue();
    }

    private boolean endsWithin(Duration time) {
        try {
            return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    public boolean isAlive() {
        return process.isAlive();
    }

    /** kill -9. */
    public void kill() {
        process.destroyForcibly();
        exitCode();
    }

    @Override
    public void close() {
        kill();
        http.shutdownNow();
    }
}
