package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that speaks https, with a certificate of its own making. */
class S3TlsTest {
    private static final String TRUST_STORE = "javax.net.ssl.trustStore";
    private static final String TRUST_STORE_PASSWORD = "javax.net.ssl.trustStorePassword";
    private static final String PASSWORD = "changeit";
    private static final int LARGE = 20_000_000;

    private final BufferPool pool = new BufferPool(10 * 1024 * 1024);

    @TempDir
    private Path folder;

    private S3Server server;

    @BeforeEach
    void startServer() throws Exception {
        Path store = folder.resolve("server.p12");
        keytool(
                store,
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1");
        KeyStore keys = load(store);
        Path certificate = pem("CERTIFICATE", keys.getCertificate("server").getEncoded());
        Path key =
                pem("PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
        server = S3Server.start(List.of("--cert", certificate.toString(), "--key", key.toString()));
        server.bucket("backups");
    }

    @AfterEach
    void stopServer() {
        System.clearProperty(TRUST_STORE);
        System.clearProperty(TRUST_STORE_PASSWORD);
        if (server != null) {
            server.close();
        }
    }

    private static void keytool(Path store, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(output).isZero();
    }

    private static KeyStore load(Path store) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            keys.load(in, PASSWORD.toCharArray());
        }
        return keys;
    }

    private Path pem(String kind, byte[] contents) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(contents);
        return Files.writeString(
                folder.resolve(kind.replace(' ', '-') + ".pem"),
                "-----BEGIN %s-----%n%s%n-----END %s-----%n".formatted(kind, text, kind));
    }

    private ReplicaStore open() {
        String url = "s3://backups/orders?endpoint=https://127.0.0.1:" + server.port();
        return ReplicaStores.open(ReplicaUrl.parse(url), server.credentials(), pool);
    }

    @Test
    void refusesACertificateThatNobodySigned() {
        try (ReplicaStore store = open()) {
            assertThatThrownBy(store::check)
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.UNREACHABLE))
                    .hasMessageContaining("its certificate is signed by an authority");
        }
    }

    /** The trust store that the JDK is told to use holds the certificate: nothing else of ours decides about trust. */
    @Test
    void writesAndReadsWhereTheJdkTrustsTheCertificate() throws Exception {
        Path trust = folder.resolve("trust.p12");
        keytool(
                trust,
                "-importcert",
                "-noprompt",
                "-alias",
                "server",
                "-file",
                folder.resolve("CERTIFICATE.pem").toString());
        System.setProperty(TRUST_STORE, trust.toString());
        System.setProperty(TRUST_STORE_PASSWORD, PASSWORD);

        try (ReplicaStore store = open()) {
            for (int size : new int[] {1000, LARGE}) {
                LtxFileName name = LtxFileName.of(new TxId(size));
                Path file = Files.write(folder.resolve("source"), new byte[size]);
                assertThat(store.create(0, name, Instant.EPOCH, file)).isEqualTo(CreateResult.CREATED);
                assertThat(store.create(0, name, Instant.EPOCH, file)).isEqualTo(CreateResult.EXISTS);
                try (InputStream in = store.open(new ReplicaFile(0, name, size, Instant.EPOCH), 10)) {
                    assertThat(in.readAllBytes()).hasSize(size - 10);
                }
            }
        }
    }
}
