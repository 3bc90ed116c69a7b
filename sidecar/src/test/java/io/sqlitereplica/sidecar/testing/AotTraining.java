package io.sqlitereplica.sidecar.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Part of the build: lets the distribution do its real work once, against a real S3 server, and leaves the classes and
 * profiles of that run in {@code lib/sqlite-replica.aot}. Where {@code versitygw} is not installed it replicates to a
 * folder instead, and the cache lacks the classes of the S3 client.
 *
 * <p>Arguments: the distribution, and the time that its files get before. The JVM takes a cache only if the jars and its
 * own files have the sizes and times they had here, and those in an image have one time.
 */
final class AotTraining {
    private static final int MEGABYTES = 16;
    private static final Duration LOAD = Duration.ofSeconds(8);
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern LISTEN = Pattern.compile("listen=(127\\.0\\.0\\.1:[1-9][0-9]*)");

    /** Limits under which the JVM cannot write a cache, which holds all classes twice meanwhile. */
    private static final Pattern TOO_TIGHT = Pattern.compile("-XX:(MaxMetaspaceSize|ReservedCodeCacheSize)=.*");

    private final Path distribution;
    private final Path cache;
    private final Path folder;
    private final Path database;
    private final HttpClient http = HttpClient.newHttpClient();

    private AotTraining(Path distribution) throws IOException {
        this.distribution = distribution;
        this.cache = distribution.resolve("lib/sqlite-replica.aot");
        this.folder = Files.createTempDirectory("aot-training-");
        this.database = folder.resolve("app.db");
    }

    public static void main(String[] args) throws Exception {
        Path distribution = Path.of(args[0]);
        try (Stream<Path> files = Files.walk(distribution)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.parse(args[1])));
            }
        }
        AotTraining training = new AotTraining(distribution);
        Optional<S3Server> server = S3Server.startIfInstalled();
        try {
            training.run(server.map(training::bucket)
                    .orElse(training.folder.resolve("replica").toUri().toString()));
        } finally {
            server.ifPresent(S3Server::close);
            Folders.delete(training.folder);
        }
    }

    private String bucket(S3Server server) {
        server.bucket("training");
        return server.url("training", "app").toString();
    }

    private void run(String destination) throws Exception {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement app = connection.createStatement()) {
            app.execute("PRAGMA journal_mode=WAL");
            app.execute("PRAGMA synchronous=NORMAL");
            app.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, b)");
            for (int i = 0; i < MEGABYTES; i++) {
                app.execute("INSERT INTO t(b) VALUES (randomblob(500000) || zeroblob(500000))");
            }
            Process sidecar = start(destination);
            try {
                String address = "http://" + listen(sidecar);
                work(app, address);
                sidecar.destroy();
                if (!sidecar.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                        || sidecar.exitValue() != 0
                        || !Files.exists(cache)) {
                    throw new IllegalStateException("No cache was made: " + log());
                }
            } finally {
                sidecar.destroyForcibly();
            }
        }
    }

    private Process start(String destination) throws IOException {
        List<String> options = new ArrayList<>(Files.readAllLines(distribution.resolve("conf/jvm.options")));
        options.removeIf(option -> TOO_TIGHT.matcher(option).matches());
        options.add("-XX:AOTCacheOutput=" + cache);
        Path training = Files.write(folder.resolve("training.options"), options);
        ProcessBuilder builder = new ProcessBuilder(
                        distribution.resolve("bin/sqlite-replica").toString(),
                        "replicate",
                        database.toString(),
                        "--to",
                        destination,
                        "--listen",
                        "127.0.0.1:0")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        builder.environment().put("SQLITE_REPLICA_JVM_OPTIONS", training.toString());
        builder.environment().put("AWS_ACCESS_KEY_ID", S3Server.ACCESS_KEY_ID);
        builder.environment().put("AWS_SECRET_ACCESS_KEY", S3Server.SECRET_ACCESS_KEY);
        return builder.start();
    }

    private String listen(Process sidecar) throws IOException {
        await().atMost(PATIENCE).until(() -> LISTEN.matcher(log()).find() || !sidecar.isAlive());
        Matcher listen = LISTEN.matcher(log());
        if (!listen.find()) {
            throw new IllegalStateException("The sidecar has ended: " + log());
        }
        return listen.group(1);
    }

    /** What a pod does all day: transactions, and somebody who looks. */
    private void work(Statement app, String address) throws Exception {
        for (long end = System.nanoTime() + LOAD.toNanos(); System.nanoTime() < end; ) {
            for (int i = 0; i < 50; i++) {
                app.execute("INSERT INTO t(b) VALUES (randomblob(2000))");
                LockSupport.parkNanos(5_000_000);
            }
            for (String path : List.of("/status", "/metrics", "/livez", "/startupz")) {
                http.send(
                        HttpRequest.newBuilder(URI.create(address + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
            }
        }
    }

    private String log() throws IOException {
        return Files.readString(folder.resolve("log"));
    }
}
