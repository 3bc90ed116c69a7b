package io.sqlitereplica.sidecar.testing;

import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A real S3 server (Versity S3 Gateway) of its own for a test class. Its buckets are folders and its objects are plain
 * files, which tests may look at.
 *
 * <p>Where the program {@code versitygw} is not found the test is skipped, with one line that says so; with {@code
 * SQLITE_REPLICA_REQUIRE_ALL=true} it fails.
 */
public final class S3Server implements AutoCloseable {
    public static final String ACCESS_KEY_ID = "test";
    public static final String SECRET_ACCESS_KEY = "test-secret";
    public static final String REGION = "us-east-1";

    private final Path folder;
    private final ServerProcess process;

    private S3Server(Path folder, ServerProcess process) {
        this.folder = folder;
        this.process = process;
    }

    /** Starts a server, for a test that can do without. */
    public static Optional<S3Server> startIfInstalled() {
        return Program.optional("versitygw", "SQLITE_REPLICA_VERSITYGW", "replicas in S3")
                .map(_ -> start());
    }

    /** Starts a server and waits until it answers. */
    public static S3Server start() {
        return start(List.of());
    }

    /** Starts a server with more options of the program, such as a certificate. */
    public static S3Server start(List<String> moreOptions) {
        Path program = Program.require("versitygw", "SQLITE_REPLICA_VERSITYGW");
        try {
            return ServerProcess.onFreePort(port -> start(program, port, moreOptions));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static S3Server start(Path program, int port, List<String> moreOptions) throws IOException {
        Path folder = Files.createTempDirectory("s3-server-");
        List<String> command = new ArrayList<>(List.of(
                program.toString(), "--port", "127.0.0.1:" + port, "--region", REGION, "--quiet", "--keep-alive"));
        command.add("--access-log");
        command.add(folder.resolve("access.log").toString());
        command.addAll(moreOptions);
        command.add("posix");
        command.add(Files.createDirectory(folder.resolve("buckets")).toString());
        S3Server server = new S3Server(
                folder,
                new ServerProcess(
                        command,
                        Map.of("ROOT_ACCESS_KEY", ACCESS_KEY_ID, "ROOT_SECRET_KEY", SECRET_ACCESS_KEY),
                        port,
                        folder.resolve("server.log")));
        try {
            server.process.awaitReady();
            return server;
        } catch (Throwable e) {
            server.close();
            throw e;
        }
    }

    public int port() {
        return process.port();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port();
    }

    /** Keys that the server knows. */
    public CredentialsSource credentials() {
        try {
            Path keys = Files.createDirectories(folder.resolve("keys"));
            Files.writeString(keys.resolve("access-key-id"), ACCESS_KEY_ID);
            Files.writeString(keys.resolve("secret-access-key"), SECRET_ACCESS_KEY);
            return CredentialsSource.folder(keys);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Makes a bucket, if it is not there yet, and gives the folder in which its objects can be seen. */
    public Path bucket(String name) {
        try {
            return Files.createDirectories(folder.resolve("buckets").resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The URL of a prefix of a bucket on this server. */
    public ReplicaUrl url(String bucket, String prefix) {
        return ReplicaUrl.parse("s3://%s/%s?endpoint=%s&region=%s".formatted(bucket, prefix, endpoint(), REGION));
    }

    /** One line for each request: what was asked for, and what was answered. */
    public List<String> accessLog() {
        try {
            Path log = folder.resolve("access.log");
            return Files.exists(log) ? Files.readAllLines(log) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops answering, as if the server had lost its power. Its objects stay. */
    public void stop() {
        process.stop();
    }

    /** Answers again, on the same port and with the same objects. */
    public void restart() {
        try {
            process.restart();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the server and deletes its objects. */
    @Override
    public void close() {
        stop();
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
