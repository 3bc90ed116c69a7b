package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The destination fails, is slow to answer, or has files that are not expected. */
class OutageTest extends ReplicatorFixture {
    private Path away() {
        return folder.resolve("away");
    }

    /** The destination is gone, and cannot be made. */
    private void fail() throws IOException {
        Files.move(destination, away());
        Files.writeString(destination, "not a folder");
    }

    private void heal() throws IOException {
        Files.delete(destination);
        Files.move(away(), destination);
    }

    @Test
    void stagesWhileTheDestinationFailsAndCatchesUp() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            fail();
            for (int i = 1; i <= 5; i++) {
                app.sql("INSERT INTO log VALUES (" + i + ", 'outage')");
                TxId staged = new TxId(i + 1);
                await().atMost(LONG).until(() -> replicator.status().txId().equals(staged));
            }
            await().atMost(LONG).until(() -> replicator.status().error() != null);
            DatabaseStatus status = replicator.status();
            assertThat(status.state()).isEqualTo(DatabaseState.REPLICATING);
            assertThat(status.replicatedTxId()).isEqualTo(new TxId(1));
            assertThat(status.lag()).isPositive();
            assertThat(status.destination().reachable()).isFalse();
            assertThat(status.counters().stagedBytes()).isPositive();
            assertThat(replicator.shipNow(Duration.ofMillis(300))).isFalse();

            heal();
            assertThat(replicator.shipNow(LONG)).isTrue();
            assertThat(replicator.status().error()).isNull();
            assertThat(replicator.status().counters().resyncs()).isZero();
            replica.assertSameAs(app);
        }
    }

    @Test
    void uploadsWhatWasStagedBeforeItWasStopped() throws Exception {
        try (App app = App.create(database, 4096)) {
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                fail();
                app.sql("INSERT INTO log VALUES (1, 'outage')");
                assertThat(replicator.stop(Duration.ofMillis(500))).isFalse();
            }
            heal();
            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG)
                        .until(() -> replicator.status().replicatedTxId().equals(new TxId(2)));
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    void dropsWhatIsStagedWhenThereIsNoRoomAndRepairsLater() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS.withMaxStagedBytes(300_000))) {
            app.fill(200);
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.shipNow(LONG)).isTrue();
            fail();
            for (int i = 1; replicator.status().counters().stagingDrops() == 0; i++) {
                TxId before = replicator.status().txId();
                app.sql("INSERT INTO log VALUES (" + i + ", 'outage')");
                app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id % 20 = " + i % 20);
                app.sql("UPDATE data SET bytes=zeroblob(3000) WHERE id % 20 = " + (i + 1) % 20);
                // Small transactions: one that is larger than all the room would be streamed, and fail at once.
                await().atMost(LONG).until(() -> !replicator.status().txId().equals(before));
                assertThat(i).isLessThan(100);
            }
            await().atMost(LONG).until(() -> replicator.status().counters().stagedBytes() < 300_000);
            assertThat(replicator.status().lag()).isPositive();
            app.sql("DELETE FROM data WHERE id > 150");
            app.sql("VACUUM");
            app.sql("PRAGMA wal_checkpoint(TRUNCATE)");

            heal();
            await().atMost(LONG)
                    .until(() -> replicator.status().counters().resyncs() > 0
                            && replicator.status().state() == DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (1000000, 'healed')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(replicator.status().error()).isNull();
        }
    }

    @Test
    void takesItsOwnEarlierUploadForDone() throws Exception {
        try (App app = App.create(database, 4096)) {
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                fail();
                app.sql("INSERT INTO log VALUES (1, 'outage')");
                assertThat(replicator.stop(Duration.ofMillis(500))).isFalse();
            }
            heal();
            // The upload worked, but the answer was lost.
            String name = LtxFileName.of(new TxId(2)).toString();
            Files.createDirectories(destination.resolve("ltx/0"));
            Files.copy(
                    StateFolder.beside(database).resolve(name),
                    destination.resolve("ltx/0").resolve(name));

            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG)
                        .until(() -> replicator.status().replicatedTxId().equals(new TxId(2)));
                app.sql("INSERT INTO log VALUES (2, 'after')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    void isFencedByAFileOfAnotherWriter() throws Exception {
        Path second = folder.resolve("second");
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (1, 'ours')");
            assertThat(replicator.shipNow(LONG)).isTrue();

            // Another sidecar went on with a copy.
            Files.createDirectories(second);
            Path copy = second.resolve("app.db");
            Files.move(replica.restore(), copy);
            try (App other = App.start(copy);
                    Replicator fencing = new Replicator(
                            new DatabaseSpec("app", copy),
                            replica.store(),
                            OPTIONS,
                            new io.sqlitereplica.sidecar.buffer.BufferPool(8 << 20),
                            new SnapshotTurns(),
                            io.sqlitereplica.sidecar.wal.CloseMode.RELEASE)) {
                fencing.start();
                awaitState(fencing, DatabaseState.REPLICATING);
                other.sql("INSERT INTO log VALUES (2, 'theirs')");
                assertThat(fencing.shipNow(LONG)).isTrue();
            }
            assertThat(replica.files(0)).hasSize(2);

            app.sql("INSERT INTO log VALUES (2, 'too late')");
            awaitState(replicator, DatabaseState.FAILED);
            assertThat(replicator.status().error())
                    .contains("Another writer has taken over")
                    .contains("Not in the replica: TXID 0000000000000003 to 0000000000000003");
            assertThat(replicator.stop(LONG)).isFalse();
            assertThat(replica.files(0)).hasSize(2);
        }
    }

    @Test
    void beginsAnewInADestinationThatLostTheReplica() throws Exception {
        try (App app = App.create(database, 4096)) {
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (1, 'before')");
                assertThat(replicator.stop(LONG)).isTrue();
            }
            Files.move(destination, away());
            Files.createDirectories(destination);
            app.sql("INSERT INTO log VALUES (2, 'after')");
            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG).until(() -> !replica.files(9).isEmpty());
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (3, 'and on')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    void streamsATransactionThatIsLargerThanMayBeStaged() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS.withMaxStagedBytes(100_000))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (1, 'small')");
            app.fill(2000);
            app.sql("INSERT INTO log VALUES (2, 'small')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(replica.files(0)).extracting(ReplicaFile::sizeBytes).anyMatch(size -> size > 1_000_000);
            assertThat(replicator.status().counters().resyncs()).isZero();
            assertThat(replicator.status().counters().stagingDrops()).isZero();
        }
    }

    @Test
    void worksWithoutAnyRoomForStaging() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS.withMaxStagedBytes(0))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.write(7, 200);
            await().atMost(LONG).until(() -> app.written() > 100);
            app.pause();
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(StateFolder.beside(database)).isDirectoryNotContaining("glob:**.ltx");
        }
    }
}
