package io.sqlitereplica.sidecar.testing;

import io.sqlitereplica.sidecar.storage.CredentialsSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A real S3 server of another make (MinIO), over https with a certificate of a private authority, with a key management of
 * its own: the default key is {@link #KMS_KEY}. Skips the test where the program {@code minio} is not found, as {@link
 * S3Server} does.
 */
public final class MinioServer implements AutoCloseable {
    public static final String KMS_KEY = "replica-key";

    private static final String ACCESS_KEY_ID = "test";
    private static final String SECRET_ACCESS_KEY = "test-secret";

    private final Path folder;
    private final TlsCertificate certificate;
    private final ServerProcess process;

    private MinioServer(Path folder, TlsCertificate certificate, ServerProcess process) {
        this.folder = folder;
        this.certificate = certificate;
        this.process = process;
    }

    /** Starts a server and waits until it answers. */
    public static MinioServer start() throws Exception {
        Path program = Program.require("minio", "SQLITE_REPLICA_MINIO");
        Path folder = Files.createTempDirectory("minio-");
        TlsCertificate certificate = TlsCertificate.make(Files.createDirectory(folder.resolve("certificates")));
        Files.createDirectory(folder.resolve("data"));
        return ServerProcess.onFreePort(port -> start(program, folder, certificate, port));
    }

    private static MinioServer start(Path program, Path folder, TlsCertificate certificate, int port)
            throws IOException {
        ServerProcess process = new ServerProcess(
                List.of(
                        program.toString(),
                        "server",
                        "--quiet",
                        "--address",
                        "127.0.0.1:" + port,
                        "--certs-dir",
                        folder.resolve("certificates").toString(),
                        folder.resolve("data").toString()),
                Map.of(
                        "MINIO_ROOT_USER",
                        ACCESS_KEY_ID,
                        "MINIO_ROOT_PASSWORD",
                        SECRET_ACCESS_KEY,
                        "MINIO_KMS_SECRET_KEY",
                        KMS_KEY + ":AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                        "MINIO_BROWSER",
                        "off",
                        "MINIO_UPDATE",
                        "off"),
                port,
                folder.resolve("server.log"));
        try {
            process.awaitReady();
            return new MinioServer(folder, certificate, process);
        } catch (Throwable e) {
            process.stop();
            throw e;
        }
    }

    /** Keys that the server knows. */
    public CredentialsSource credentials() {
        return CredentialsSource.from(
                Map.of("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID, "AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY));
    }

    /** Makes a bucket, if it is not there yet. */
    public void bucket(String name) {
        try {
            Files.createDirectories(folder.resolve("data").resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The URL of a prefix of a bucket on this server, which names the authority.
     *
     * @param moreParameters each with a {@code &} before it
     */
    public String url(String bucket, String prefix, String moreParameters) {
        return "s3://%s/%s?endpoint=https://127.0.0.1:%d&caBundle=%s%s"
                .formatted(bucket, prefix, process.port(), certificate.authority(), moreParameters);
    }

    /** The files that hold a bucket's objects, and those of all unfinished uploads. */
    public List<String> files(String bucket) throws IOException {
        try (Stream<Path> objects = Files.walk(folder.resolve("data").resolve(bucket));
                Stream<Path> uploads = Files.walk(folder.resolve("data/.minio.sys/multipart"))) {
            return Stream.concat(objects, uploads)
                    .filter(file -> file.endsWith("xl.meta"))
                    .map(Path::toString)
                    .toList();
        }
    }

    /** Stops the server and deletes its objects. */
    @Override
    public void close() throws IOException {
        process.stop();
        Folders.delete(folder);
    }
}
