package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Scheduled snapshots. */
class SnapshotTest extends ReplicatorFixture {
    private static final ReplicatorOptions OFTEN = OPTIONS.withSnapshots(new Schedule.Every(Duration.ofMillis(300)));

    @Test
    void takesSnapshotsWhileTheAppWrites() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("SnapshotTest seed " + seed);
        try (App app = App.create(database, 4096)) {
            app.fill(1000);
            try (Replicator replicator = start(OFTEN)) {
                app.write(seed, 300);
                await().atMost(LONG).until(() -> replica.files(9).size() >= 5);
                app.pause();
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
                assertThat(replicator.status().counters().resyncs()).isZero();
                assertThat(replicator.status().lastSnapshotAt()).isNotNull();
            }
            // From each snapshot alone, the level 0 files behind it lead to the same database.
            List<ReplicaFile> snapshots = replica.files(9);
            for (ReplicaFile snapshot : snapshots.subList(0, snapshots.size() - 1)) {
                Files.delete(
                        destination.resolve("ltx/9").resolve(snapshot.name().toString()));
            }
            replica.assertSameAs(app);
        }
    }

    @Test
    void takesNoneOfADatabaseThatDidNotChange() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OFTEN)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (1, 'changed')");
            await().atMost(LONG).until(() -> replica.files(9).size() == 2);
            app.sql("INSERT INTO log VALUES (2, 'changed again')");
            await().atMost(LONG).until(() -> replica.files(9).size() == 3);
            await().pollDelay(Duration.ofSeconds(1)).until(() -> true);
            assertThat(replica.files(9)).hasSize(3);
        }
    }

    @Test
    void isGivenUpWhenTheWalGrowsTooMuch() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.fill(1000);
            try (Replicator replicator = start(OFTEN.withMaxWalBytes(1))) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.write(1, 300);
                await().atMost(LONG).until(() -> replicator.status().counters().snapshotsGivenUp() > 0);
                app.pause();
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
        }
    }
}
