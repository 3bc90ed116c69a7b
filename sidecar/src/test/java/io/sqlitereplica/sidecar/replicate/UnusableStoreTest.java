package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.ConditionsIgnored;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A store that answers, but on which nothing is safe. */
class UnusableStoreTest {
    @TempDir
    private Path folder;

    @Test
    void stopsAndSaysWhyBeforeItWritesAnyFile() throws Exception {
        BufferPool pool = new BufferPool(8 << 20);
        try (S3Server server = S3Server.start();
                ConditionsIgnored gateway = new ConditionsIgnored(server, "PUT", "If-None-Match");
                App app = App.create(folder.resolve("app.db"), 4096)) {
            Path bucket = server.bucket("replicas");
            ReplicaUrl url = ReplicaUrl.parse(
                    "s3://replicas/orders?endpoint=%s&region=%s".formatted(gateway.endpoint(), S3Server.REGION));
            try (ReplicaStore store = ReplicaStores.open(url, server.credentials(), pool);
                    Replicator replicator = new Replicator(
                            new DatabaseSpec("app", folder.resolve("app.db")),
                            store,
                            ReplicatorFixture.OPTIONS,
                            pool,
                            new SnapshotTurns(),
                            CloseMode.RELEASE)) {
                replicator.start();
                ReplicatorFixture.awaitState(replicator, DatabaseState.FAILED);

                DatabaseStatus status = replicator.status();
                assertThat(status.error()).contains("ignores If-None-Match").contains("Use a store with");
                assertThat(status.destination().reachable()).isFalse();
                assertThat(status.destination().reason()).isEqualTo("ConditionsIgnored");
                assertThat(bucket.resolve("orders")).isDirectoryNotContaining("glob:**/0*");
                app.sql("INSERT INTO log VALUES (1, 'the app goes on')");
            }
        }
    }
}
