package io.sqlitereplica.sidecar.storage;

import static io.sqlitereplica.sidecar.storage.ReplicaStoreContract.TIME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.minio.HeadObjectArgs;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.testing.MinioServer;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import java.util.Random;
import okhttp3.Headers;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** How objects are kept, asked of a real server: encrypted by whom, and in which storage class. */
class S3ObjectHeadersTest {
    private static final int LARGE = 6 * 1024 * 1024;
    private static final String BUCKET = "backups";
    private static final LtxFileName SMALL_FILE = LtxFileName.of(new TxId(1));
    private static final LtxFileName LARGE_FILE = LtxFileName.of(new TxId(2));

    @AutoClose
    private static MinioServer server;

    private final BufferPool pool = new BufferPool(10 * 1024 * 1024);

    @TempDir
    private Path folder;

    private byte[] contents;
    private Path key;

    @BeforeAll
    static void startServer() throws Exception {
        server = MinioServer.start();
        server.bucket(BUCKET);
    }

    @BeforeEach
    void makeContents() throws Exception {
        contents = new byte[LARGE];
        new Random(42).nextBytes(contents);
        byte[] bits = new byte[32];
        new Random(43).nextBytes(bits);
        key = Files.writeString(folder.resolve("key"), Base64.getEncoder().encodeToString(bits) + "\n");
    }

    private ReplicaStore open(String prefix, String parameters) {
        return ReplicaStores.open(url(prefix, parameters), server.credentials(), pool);
    }

    private ReplicaUrl url(String prefix, String parameters) {
        return ReplicaUrl.parse(server.url(BUCKET, prefix, parameters.replace("KEY", key.toString())));
    }

    private void write(ReplicaStore store) throws Exception {
        Path file = Files.write(folder.resolve("file"), new byte[100]);
        assertThat(store.create(0, SMALL_FILE, TIME, file)).isEqualTo(CreateResult.CREATED);
        assertThat(store.create(0, SMALL_FILE, TIME, file)).isEqualTo(CreateResult.EXISTS);
        try (Upload upload = store.createStreaming(0, LARGE_FILE, TIME, 1 << 30, folder)) {
            upload.write(ByteBuffer.wrap(contents));
            assertThat(upload.commit()).isEqualTo(CreateResult.CREATED);
        }
    }

    private static ReplicaFile large() {
        return new ReplicaFile(0, LARGE_FILE, LARGE, Instant.EPOCH);
    }

    @ParameterizedTest
    @CsvSource({
        "aes256, &encryption=AES256, X-Amz-Server-Side-Encryption, AES256",
        "kms, &encryption=KMS, X-Amz-Server-Side-Encryption, aws:kms",
        "customer, &encryption=CustomerKey&customerKeyFile=KEY, X-Amz-Server-Side-Encryption-Customer-Algorithm,"
                + " AES256",
        "class, &storageClass=REDUCED_REDUNDANCY, X-Amz-Storage-Class, REDUCED_REDUNDANCY"
    })
    void keepsObjectsAsTheUrlSays(String prefix, String parameters, String header, String value) throws Exception {
        try (ReplicaStore store = open(prefix, parameters)) {
            write(store);

            assertThat(headers(prefix, parameters).get(header)).isEqualTo(value);
            assertThat(store.timestamp(large())).isEqualTo(TIME);
            try (InputStream in = store.open(large(), 1000)) {
                assertThat(in.readAllBytes()).isEqualTo(Arrays.copyOfRange(contents, 1000, LARGE));
            }
            Optional<StoredOwner> owner = store.replaceOwner(owner(1), Optional.empty());
            assertThat(store.replaceOwner(owner(2), owner)).isPresent();
            assertThat(store.replaceOwner(owner(3), owner)).isEmpty();
            assertThat(store.owner())
                    .hasValueSatisfying(stored -> assertThat(stored.record()).isEqualTo(owner(2)));
        }
    }

    private static OwnerRecord owner(long epoch) {
        return OwnerRecord.taken(epoch, 1, "host", TIME);
    }

    private Headers headers(String prefix, String parameters) throws Exception {
        var url = (ReplicaUrl.Bucket) url(prefix, parameters);
        try (S3Http http = new S3Http()) {
            return new S3Connection(url, server.credentials(), http)
                    .client()
                    .headObject(HeadObjectArgs.builder()
                            .bucket(BUCKET)
                            .object("%s/0000/%s".formatted(prefix, LARGE_FILE))
                            .extraHeaders(new S3ObjectHeaders(url.options()).access())
                            .build())
                    .get()
                    .headers();
        }
    }

    @Test
    void cannotReadWithoutTheCustomersKey() throws Exception {
        try (ReplicaStore store = open("secret", "&encryption=CustomerKey&customerKeyFile=KEY")) {
            write(store);
        }

        try (ReplicaStore store = open("secret", "")) {
            assertThatThrownBy(() -> store.open(large(), 0)).isInstanceOf(StoreException.class);
        }
        Files.write(key, new byte[32]);
        try (ReplicaStore store = open("secret", "&encryption=CustomerKey&customerKeyFile=KEY")) {
            assertThatThrownBy(() -> store.open(large(), 0)).isInstanceOf(StoreException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "too short", "bm90IGxvbmcgZW5vdWdo"})
    void saysWhenAFileHoldsNoKey(String text) throws Exception {
        Files.writeString(key, text);
        try (ReplicaStore store = open("none", "&encryption=CustomerKey&customerKeyFile=KEY")) {
            assertThatThrownBy(() -> store.open(large(), 0))
                    .isInstanceOfSatisfying(
                            StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.CREDENTIALS))
                    .hasMessageContaining("must hold 32 bytes");
        }
    }
}
