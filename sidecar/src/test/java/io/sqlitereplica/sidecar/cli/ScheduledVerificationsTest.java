package io.sqlitereplica.sidecar.cli;

import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.replicate.Replicator;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.replicate.Replicators;
import io.sqlitereplica.sidecar.replicate.Schedule;
import io.sqlitereplica.sidecar.replicate.SnapshotTurns;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.Folders;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScheduledVerificationsTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private Replicator replicator(String name, BufferPool pool, ReplicaStore store) throws Exception {
        Path database = folder.resolve(name);
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE t(a)");
        }
        Replicator replicator = new Replicator(
                new DatabaseSpec(name, database),
                store,
                ReplicatorOptions.DEFAULTS,
                pool,
                new SnapshotTurns(),
                CloseMode.STOPPING);
        replicator.start();
        await().atMost(LONG).until(() -> replicator.status().replicatedTxId().value() > 0);
        return replicator;
    }

    private ReplicaStore store(String name, BufferPool pool) throws Exception {
        return ReplicaStores.open(
                ReplicaUrl.parse("file:" + Files.createDirectory(folder.resolve("to-" + name))),
                CredentialsSource.environment(),
                pool);
    }

    @Test
    void verifiesEachAtItsTimeAndAgainSoonWhatWasNotRight() throws Exception {
        BufferPool pool = new BufferPool(8 << 20);
        try (ReplicaStore firstStore = store("a.db", pool);
                ReplicaStore secondStore = store("b.db", pool);
                Replicator first = replicator("a.db", pool, firstStore);
                Replicator second = replicator("b.db", pool, secondStore)) {
            Replicators replicators = new Replicators();
            replicators.add("a", first);
            replicators.add("b", second);
            Folders.delete(folder.resolve("to-a.db/ltx"));
            try (ScheduledVerifications _ = new ScheduledVerifications(
                    new Schedule.Every(Duration.ofSeconds(1)), replicators, Duration.ofMillis(10))) {
                await().atMost(LONG)
                        .until(() -> first.status().verification() != null
                                && second.status().verification() != null);
                DatabaseStatus.Verified one = first.status().verification();
                await().atMost(LONG).until(() -> !Objects.equals(first.status().verification(), one));
            }
        }
    }
}
