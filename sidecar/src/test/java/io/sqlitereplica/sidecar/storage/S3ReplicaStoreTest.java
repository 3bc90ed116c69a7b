package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A replica in a bucket of a real S3 server. */
class S3ReplicaStoreTest extends ReplicaStoreContract {
    @AutoClose
    private static S3Server server;

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final String bucket = "bucket-" + BUCKETS.incrementAndGet();

    @BeforeAll
    static void startServer() {
        server = S3Server.start();
    }

    @Override
    ReplicaUrl url() {
        server.bucket(bucket);
        return server.url(bucket, "shop/orders");
    }

    @Override
    CredentialsSource credentials() {
        return server.credentials();
    }

    private Path objects() {
        return server.bucket(bucket);
    }

    /** The server keeps the parts of unfinished uploads in files below {@code .sgwtmp}. */
    @Override
    List<String> leftovers() throws IOException {
        try (Stream<Path> files = Files.walk(objects())) {
            return files.filter(Files::isRegularFile).map(Path::toString).toList();
        }
    }

    @Test
    void usesThePeersLayout() throws IOException {
        create(9, name(1, 0xab), bytes(10));

        assertThat(objects().resolve("shop/orders/0009/0000000000000001-00000000000000ab.ltx"))
                .isRegularFile();
    }

    @Test
    void keepsTheTimeWhereThePeerLooksForIt() throws IOException {
        create(0, name(1, 1), bytes(10));

        assertThat(metadata(objects().resolve("shop/orders/0000/" + name(1, 1))))
                .contains("\"litestream-timestamp\":\"2026-11-23T01:17:37.317Z\"");
    }

    @Test
    void keepsTheTimeOfAStreamInSeveralPartsAsWell() throws IOException {
        try (Upload upload = store.createStreaming(0, name(1, 1), TIME, 1 << 30, folder)) {
            upload.write(ByteBuffer.wrap(bytes(PART + 1)));
            upload.commit();
        }

        assertThat(metadata(objects().resolve("shop/orders/0000/" + name(1, 1))))
                .contains("\"litestream-timestamp\":\"2026-11-23T01:17:37.317Z\"");
    }

    /** As the server keeps it: an extended attribute of the object's file. */
    private static String metadata(Path object) throws IOException {
        UserDefinedFileAttributeView attributes =
                Files.getFileAttributeView(object, UserDefinedFileAttributeView.class);
        ByteBuffer value = ByteBuffer.allocate(attributes.size("metadata"));
        attributes.read("metadata", value);
        return new String(value.array(), StandardCharsets.UTF_8);
    }

    @Test
    void passesOverWhatIsNoFileOfAReplica() throws IOException {
        create(0, name(1, 1), bytes(10));
        Path level = objects().resolve("shop/orders/0000");
        Files.write(level.resolve("a note & more.txt"), bytes(5));
        Files.write(level.resolve(name(2, 2) + ".tmp"), bytes(5));
        Files.write(
                Files.createDirectory(level.resolve("deeper"))
                        .resolve(name(2, 2).toString()),
                bytes(5));

        assertThat(list(0)).extracting(ReplicaFile::name).containsExactly(name(1, 1));
    }

    @Test
    void listsPageByPage() throws IOException {
        create(0, name(1, 1), bytes(10));
        Path level = objects().resolve("shop/orders/0000");
        for (int i = 2; i <= 2345; i++) {
            Files.createFile(level.resolve(name(i, i).toString()));
        }
        long before = store.requests().lists();

        assertThat(list(0)).hasSize(2345).isSortedAccordingTo((a, b) -> a.name().compareTo(b.name()));
        assertThat(store.requests().lists() - before).isEqualTo(3);
    }
}
