package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.compact.CompactionLevels;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Syncs become files of higher levels while replication goes on. */
class CompactionTest extends ReplicatorFixture {

    @Test
    void mergesWhatARandomWriterCommits() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("CompactionTest: -Dseed=" + seed);
        try (App app = App.create(database, 4096);
                Replicator replicator = start(COMPACTING)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.write(seed, 50);
            await().atMost(LONG).until(() -> !replica.files(2).isEmpty());
            app.pause();
            assertThat(replicator.shipNow(LONG)).isTrue();

            replica.assertSameAs(app);
            ReplicaFile merged = replica.files(2).getFirst();
            Path all = replica.restore(new RestorePoint.AtTxId(merged.name().max()));
            hideMerged();
            Path bySyncs = replica.restore(new RestorePoint.AtTxId(merged.name().max()));
            assertThat(Files.mismatch(all, bySyncs)).isEqualTo(-1);
            assertThat(replicator.status().counters().compactionFailures()).isZero();
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }

    /** So that a restore has to take the syncs. */
    private void hideMerged() throws Exception {
        for (int level = 1; level <= 2; level++) {
            Files.move(destination.resolve("ltx/" + level), folder.resolve("level-" + level));
        }
    }

    @Test
    void goesOnAfterARestartWithWhatWasLeft() throws Exception {
        try (App app = App.create(database, 4096)) {
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                for (int i = 0; i < 3; i++) {
                    app.sql("INSERT INTO log(note) VALUES ('before')");
                    assertThat(replicator.shipNow(LONG)).isTrue();
                }
                assertThat(replicator.stop(LONG)).isTrue();
            }
            assertThat(replica.files(1)).isEmpty();
            try (Replicator replicator =
                    start(OPTIONS.withCompaction(new CompactionLevels(List.of(Duration.ofDays(1)))))) {
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.stop(LONG)).isTrue();
            }
            assertThat(replica.files(1)).as("its span is not over").isEmpty();
            try (Replicator replicator = start(COMPACTING)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log(note) VALUES ('after')");
                await().atMost(LONG)
                        .until(() ->
                                !replica.files(1).isEmpty() || !replica.files(2).isEmpty());
                replica.assertSameAs(app);
            }
        }
    }

    /** Whose name and writer a compacted file does not have. */
    @Test
    void aDatabaseThatWasSetBackIsStillKnown() throws Exception {
        Path before = folder.resolve("before.db");
        try (App app = App.create(database, 4096)) {
            try (Replicator replicator = start(COMPACTING)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log(note) VALUES ('one')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                app.sql("INSERT INTO log(note) VALUES ('two')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                await().atMost(LONG)
                        .until(() ->
                                !replica.files(1).isEmpty() || !replica.files(2).isEmpty());
                assertThat(replicator.stop(LONG)).isTrue();
            }
            try (Replicator replicator = start(COMPACTING)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log(note) VALUES ('three')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
                assertThat(replicator.status().counters().rowsLost()).isZero();
            }
        }
        assertThat(before).doesNotExist();
    }
}
