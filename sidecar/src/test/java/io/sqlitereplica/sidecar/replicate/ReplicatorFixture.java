package io.sqlitereplica.sidecar.replicate;

import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.compact.CompactionLevels;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A database path and a destination in a folder, and a replicator in this process between them. */
abstract class ReplicatorFixture {
    static final Duration LONG = Duration.ofSeconds(60);
    static final OwnerPatience HURRY = new OwnerPatience(Duration.ofMillis(500), Duration.ofMillis(200));
    private static final CompactionLevels NONE_YET = new CompactionLevels(List.of(Duration.ofDays(1000)));
    static final ReplicatorOptions OPTIONS = ReplicatorOptions.DEFAULTS
            .withSyncInterval(Duration.ofMillis(100))
            .withCompaction(NONE_YET)
            .withPatience(HURRY);
    static final ReplicatorOptions COMPACTING =
            OPTIONS.withCompaction(new CompactionLevels(List.of(Duration.ofSeconds(1), Duration.ofSeconds(2))));

    @TempDir
    Path folder;

    Path database;
    Path destination;
    Replica replica;

    @BeforeEach
    void openReplica() throws Exception {
        database = folder.resolve("app.db");
        destination = folder.resolve("destination");
        replica = new Replica(destination);
    }

    @AfterEach
    void closeReplica() {
        replica.close();
    }

    Replicator start(ReplicatorOptions options) {
        Replicator replicator = new Replicator(
                new DatabaseSpec("app", database),
                replica.store(),
                options,
                new BufferPool(8 << 20),
                new SnapshotTurns(),
                CloseMode.RELEASE);
        replicator.start();
        return replicator;
    }

    static void awaitState(Replicator replicator, DatabaseState state) {
        await().atMost(LONG).until(() -> replicator.status().state() == state);
    }
}
