package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.testing.ConditionsIgnored;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Stores that overwrite what they were told to leave. */
class ConditionsTest {
    private static final OwnerRecord OWNER = OwnerRecord.taken(1, 2, "a pod", Instant.EPOCH);

    @AutoClose
    private static S3Server server;

    @BeforeAll
    static void startServer() {
        server = S3Server.start();
        server.bucket("replicas");
    }

    private static ReplicaStore open(String endpoint, String prefix) {
        return ReplicaStores.open(
                ReplicaUrl.parse("s3://replicas/%s?endpoint=%s&region=%s".formatted(prefix, endpoint, S3Server.REGION)),
                server.credentials(),
                new BufferPool(10 << 20));
    }

    @ParameterizedTest
    @CsvSource({
        "PUT,  If-None-Match, If-None-Match on PUT requests",
        "PUT,  If-Match,      If-Match on PUT requests",
        "POST, If-None-Match, If-None-Match on CompleteMultipartUpload requests"
    })
    void areMissedWhenTheRecordIsTaken(String method, String condition, String named) throws Exception {
        String prefix = method + condition;
        try (ConditionsIgnored gateway = new ConditionsIgnored(server, method, condition);
                ReplicaStore store = open(gateway.endpoint(), prefix)) {
            assertThat(store.owner()).isEmpty();
            assertThatThrownBy(() -> store.replaceOwner(OWNER, Optional.empty()))
                    .isInstanceOfSatisfying(
                            StoreException.class,
                            e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NO_CONDITIONS))
                    .hasMessageContaining("s3://replicas/" + prefix)
                    .hasMessageContaining("ignores " + named)
                    .hasMessageContaining("Use a store with conditional writes");
        }
    }

    @Test
    void areTriedOnceOnly() throws Exception {
        try (ReplicaStore store = open(server.endpoint(), "good")) {
            StoredOwner first = store.replaceOwner(OWNER, store.owner()).orElseThrow();
            assertThat(store.requests().gets()).isEqualTo(1);
            assertThat(store.requests().puts()).isEqualTo(6);
            assertThat(store.requests().failures()).isZero();

            assertThat(store.replaceOwner(OWNER.released(Instant.EPOCH), Optional.of(first)))
                    .isPresent();
            assertThat(store.requests().puts()).isEqualTo(7);
        }
    }
}
