package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.testing.TlsCertificate;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
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

    @TempDir
    private static Path certificates;

    private static TlsCertificate certificate;

    private S3Server server;

    @BeforeAll
    static void makeCertificate() throws Exception {
        certificate = TlsCertificate.make(certificates);
    }

    @BeforeEach
    void startServer() throws Exception {
        server = S3Server.start(List.of(
                "--cert",
                certificate.certificate().toString(),
                "--key",
                certificate.key().toString()));
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

    private ReplicaStore open() {
        return open("");
    }

    private ReplicaStore open(String moreParameters) {
        String url = "s3://backups/orders?endpoint=https://127.0.0.1:" + server.port() + moreParameters;
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

    @Test
    void trustsTheAuthoritiesOfAFileAndNoticesWhenItChanges() throws Exception {
        TlsCertificate other = TlsCertificate.make(Files.createDirectory(folder.resolve("other")));
        Path bundle = Files.copy(other.authority(), folder.resolve("bundle.pem"));
        try (ReplicaStore store = open("&caBundle=" + bundle)) {
            assertThatThrownBy(store::check).hasMessageContaining("its certificate is signed by an authority");

            String both = Files.readString(other.authority()) + Files.readString(certificate.authority());
            Files.writeString(bundle, both);
            Files.setLastModifiedTime(bundle, FileTime.from(Instant.now().plusSeconds(2)));
            store.check();
        }
    }

    @Test
    void saysWhenTheFileOfAuthoritiesIsMissingOrHoldsNone() throws Exception {
        Path bundle = folder.resolve("bundle.pem");
        try (ReplicaStore store = open("&caBundle=" + bundle)) {
            assertThatThrownBy(store::check)
                    .hasMessageContaining("cannot be read (-----BEGIN CERTIFICATE-----")
                    .hasMessageContaining(bundle.toString());

            Files.writeString(bundle, "\n");
            assertThatThrownBy(store::check).hasMessageContaining("bundle.pem cannot be read");
        }
    }

    /** The trust store that the JDK is told to use holds the certificate: nothing else of ours decides about trust. */
    @Test
    void writesAndReadsWhereTheJdkTrustsTheCertificate() throws Exception {
        Path trust = folder.resolve("trust.p12");
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, null);
        try (InputStream in = Files.newInputStream(certificate.authority())) {
            authorities.setCertificateEntry(
                    "authority", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        try (OutputStream out = Files.newOutputStream(trust)) {
            authorities.store(out, PASSWORD.toCharArray());
        }
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
