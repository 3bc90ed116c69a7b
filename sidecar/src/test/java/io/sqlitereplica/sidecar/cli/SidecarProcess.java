package io.sqlitereplica.sidecar.cli;

import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.testing.ChildJvm;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The command {@code replicate}, with the memory that it has in a pod, and what it says at /metrics. */
final class SidecarProcess implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(90);
    private static final Pattern LISTEN = Pattern.compile("listen=(127\\.0\\.0\\.1:[1-9][0-9]*)");
    private static final Pattern BUCKET = Pattern.compile("le=\"([^\"]+)\"\\} ([0-9]+)");

    private final Process process;
    private final Path log;
    private final String address;
    private final HttpClient client = HttpClient.newHttpClient();

    private SidecarProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
        await().atMost(PATIENCE).until(() -> LISTEN.matcher(log()).find());
        Matcher listen = LISTEN.matcher(log());
        listen.find();
        this.address = "http://" + listen.group(1);
    }

    /** Replicates these databases. */
    static SidecarProcess start(Path folder, Map<String, String> environment, String to, List<Path> databases)
            throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ChildJvm.SMALL);
        command.addAll(List.of(
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "replicate"));
        databases.forEach(database -> command.add(database.toString()));
        command.addAll(List.of("--to", to, "--listen", "127.0.0.1:0"));
        Path log = folder.resolve("sidecar.log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            return new SidecarProcess(process, log);
        } catch (RuntimeException e) {
            process.destroyForcibly();
            throw e;
        }
    }

    String log() {
        try {
            return Files.exists(log) ? Files.readString(log) : "";
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    void awaitReplicating(int databases) {
        await().atMost(PATIENCE)
                .until(() -> get("/status").split("\"state\":\"replicating\"", -1).length == databases + 1);
    }

    private String get(String path) throws IOException, InterruptedException {
        return client.send(
                        HttpRequest.newBuilder(URI.create(address + path)).build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** A metric of a database, without the prefix. */
    double metric(String name, String database) throws IOException, InterruptedException {
        String start = "sqlitereplica_%s{database=\"%s\"} ".formatted(name, database);
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(start))
                .mapToDouble(line -> Double.parseDouble(line.substring(start.length())))
                .findFirst()
                .orElseThrow(() -> new AssertionError("No metric " + start));
    }

    /** The bound of the bucket of a histogram in which a quantile lies; 0: nothing was counted. */
    double quantile(String name, String database, double quantile) throws IOException, InterruptedException {
        double wanted = metric(name + "_count", database) * quantile;
        if (wanted == 0) {
            return 0;
        }
        String start = "sqlitereplica_%s_bucket{database=\"%s\",".formatted(name, database);
        return get("/metrics")
                .lines()
                .filter(line -> line.startsWith(start))
                .map(BUCKET::matcher)
                .filter(bucket -> bucket.find() && Long.parseLong(bucket.group(2)) >= wanted)
                .mapToDouble(bucket ->
                        bucket.group(1).equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(bucket.group(1)))
                .min()
                .orElseThrow();
    }

    /** SIGTERM: it ships everything, and ends. Its exit code. */
    int stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError("It does not end: " + log());
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        client.close();
    }
}
