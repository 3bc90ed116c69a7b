package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.compact.RetentionTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Old files are deleted while replication goes on. */
class RetainingTest extends ReplicatorFixture {
    private static final ReplicatorOptions RETAINING = COMPACTING
            .withSnapshots(new Schedule.Every(Duration.ofMillis(700)))
            .withRetention(Optional.of(new RetentionTimes(Duration.ofSeconds(2), Duration.ofSeconds(1))));

    private boolean has(int level, long txId) throws IOException {
        return replica.files(level).stream().anyMatch(file -> file.name().max().value() == txId);
    }

    @Test
    void deletesWhileARandomWriterCommitsAndOthersRestore() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("RetainingTest: -Dseed=" + seed);
        try (App app = App.create(database, 4096);
                Replicator replicator = start(RETAINING)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.write(seed, 20);
            await().atMost(LONG).until(() -> {
                Files.delete(replica.restore());
                return !has(9, 1)
                        && !has(0, 2)
                        && replicator.status().counters().deletions() > 20;
            });
            app.pause();
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(replicator.status().counters().deletionFailures()).isZero();
            assertThat(replicator.status().counters().compactionFailures()).isZero();
            assertThat(replicator.stop(LONG)).isTrue();
        }
        try (App app = App.start(database);
                Replicator replicator = start(RETAINING)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log(note) VALUES ('after a restart')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(replicator.status().counters().rowsLost()).isZero();
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }

    /** Afterwards there is nothing that could be deleted, and the destination is asked nothing. */
    @Test
    void endsWhenNothingIsWritten() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(RETAINING)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            for (int i = 0; i < 5; i++) {
                app.sql("INSERT INTO log(note) VALUES ('one')");
                assertThat(replicator.shipNow(LONG)).isTrue();
            }
            await().atMost(LONG)
                    .untilAsserted(() -> assertThat(replica.files(0)).hasSize(1));
            long[] lists = {-1};
            await().atMost(LONG).pollInterval(Duration.ofSeconds(3)).until(() -> {
                long before = lists[0];
                lists[0] = replica.store().requests().lists();
                return lists[0] == before;
            });
            replica.assertSameAs(app);
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }

    @Test
    void deletesNothingIfItNeverShall() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(RETAINING.withRetention(Optional.empty()))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log(note) VALUES ('one')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            app.sql("INSERT INTO log(note) VALUES ('two')");
            await().atMost(LONG).until(() -> !replica.files(1).isEmpty());
            await().pollDelay(Duration.ofSeconds(3)).until(() -> true);
            app.sql("INSERT INTO log(note) VALUES ('three')");
            assertThat(replicator.shipNow(LONG)).isTrue();

            assertThat(has(9, 1) && has(0, 2)).isTrue();
            assertThat(replica.store().requests().deletes()).isZero();
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }
}
