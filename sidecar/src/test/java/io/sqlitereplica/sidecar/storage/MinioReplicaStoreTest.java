package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.testing.MinioServer;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;

/** A replica in a bucket of another make of S3 server, over https, encrypted with a key of its key management. */
class MinioReplicaStoreTest extends ReplicaStoreContract {
    @AutoClose
    private static MinioServer server;

    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private final String bucket = "bucket-" + BUCKETS.incrementAndGet();

    @BeforeAll
    static void startServer() throws Exception {
        server = MinioServer.start();
    }

    @Override
    ReplicaUrl url() {
        server.bucket(bucket);
        return ReplicaUrl.parse(server.url(bucket, "shop/orders", "&encryption=KMS&kmsKeyId=" + MinioServer.KMS_KEY));
    }

    @Override
    CredentialsSource credentials() {
        return server.credentials();
    }

    @Override
    List<String> leftovers() throws IOException {
        return server.files(bucket);
    }
}
