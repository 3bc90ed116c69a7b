package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;

/** In buckets of a real S3 server. */
@Tag("e2e")
class S3TakeOverTest extends TakeOverTest {
    @AutoClose
    private static S3Server server;

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final String bucket = "bucket-" + BUCKETS.incrementAndGet();

    @BeforeAll
    static void startServer() {
        server = S3Server.start();
    }

    @Override
    String url() {
        return "s3://%s/shop/orders?endpoint=%s&region=%s".formatted(bucket, server.endpoint(), S3Server.REGION);
    }

    @Override
    Path objects() {
        return server.bucket(bucket);
    }

    @Override
    Replica makeReplica() throws IOException {
        objects();
        return new Replica(folder.resolve("destination"), ReplicaUrl.parse(url()), server.credentials());
    }
}
