package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.NativeSqlite;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What happened while nobody replicated is found and shipped. */
class GapTest extends ReplicatorFixture {

    /** Replicates until everything is shipped, and stops. */
    private void replicateOnce() throws InterruptedException {
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }

    private static final String SYSTEM_LIBRARY = "libsqlite3.so.0";

    private ReplicaFile newest() throws IOException {
        return replica.files(0).getLast();
    }

    @Test
    void shipsOnlyTheChangedPagesWhenTheWalWasRestartedMeanwhile() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.fill(500);
            replicateOnce();

            app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id IN (7, 300)");
            app.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            app.sql("INSERT INTO log VALUES (1, 'in the new WAL')");
            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG)
                        .until(() -> replicator.status().replicatedTxId().equals(new TxId(2)));
                assertThat(replicator.status().counters().resyncs()).isEqualTo(1);
            }
            replica.assertSameAs(app);
            assertThat(replica.pagesOf(newest())).isBetween(3L, 8L);
        }
    }

    @Test
    void readsOnInTheWalThatWasLeftAlone() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("PRAGMA wal_autocheckpoint=0");
            app.sql("INSERT INTO log VALUES (1, 'before')");
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (2, 'while')");
                assertThat(replicator.stop(LONG)).isTrue();
            }
            app.sql("INSERT INTO log VALUES (3, 'after')");
            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG)
                        .until(() -> replicator.status().replicatedTxId().equals(new TxId(3)));
                assertThat(replicator.status().counters().resyncs()).isZero();
            }
            replica.assertSameAs(app);
        }
    }

    @Test
    void shipsNothingWhenNothingChanged() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            replicateOnce();
            app.sql("PRAGMA wal_checkpoint(TRUNCATE)");

            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.shipNow(LONG)).isTrue();
                assertThat(replicator.status().txId()).isEqualTo(new TxId(1));
            }
            assertThat(replica.files(0)).isEmpty();
        }
    }

    @Test
    void shipsAShrunkDatabase() throws Exception {
        try (App app = App.create(database, 1024)) {
            app.fill(500);
            replicateOnce();
            app.sql("DELETE FROM data WHERE id > 3");
            app.sql("VACUUM");
            app.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            replicateOnce();

            replica.assertSameAs(app);
        }
    }

    @Test
    void goesOnBehindTheReplicaWhenTheStateFolderIsLost() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            replicateOnce();
            deleteStateFolder();

            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (2, 'after')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                assertThat(replicator.status().txId()).isEqualTo(new TxId(2));
            }
            assertThat(replica.files(9)).hasSize(1);
            replica.assertSameAs(app);
        }
    }

    @Test
    void refusesAForeignReplicaAndWritesNothing() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            replicateOnce();
            deleteStateFolder();
            app.sql("INSERT INTO log VALUES (2, 'not in the replica')");

            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.FAILED);
                assertThat(replicator.startedUp()).isFalse();
                assertThat(replicator.status().error())
                        .contains("another history")
                        .contains(replica.store().location())
                        .contains("Choose an empty destination");
                assertThat(replicator.stop(LONG)).isFalse();
            }
            assertThat(replica.files(0)).isEmpty();
            assertThat(replica.files(9)).hasSize(1);
        }
    }

    @Test
    void shipsTheWholeDatabaseAsTheNextTxIdWhenItsPositionIsTorn() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            replicateOnce();
            Files.write(StateFolder.beside(database).resolve("position"), new byte[] {1, 2, 3});
            app.sql("INSERT INTO log VALUES (2, 'after')");
            replicateOnce();

            assertThat(replica.files(0)).extracting(ReplicaFile::name).containsExactly(LtxFileName.of(new TxId(2)));
            replica.assertSameAs(app);
        }
    }

    @Test
    void shipsTheWholeDatabaseWhenThePagesAreTorn() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.fill(100);
            replicateOnce();
            Path pages = StateFolder.beside(database).resolve("pages");
            byte[] bytes = Files.readAllBytes(pages);
            bytes[100] ^= 1;
            Files.write(pages, bytes);
            app.sql("INSERT INTO log VALUES (2, 'after')");
            replicateOnce();

            assertThat(replica.pagesOf(newest())).isGreaterThan(100);
            replica.assertSameAs(app);
        }
    }

    @Test
    void tellsThatRowsWereLostWhenTheTailOfTheWalIsGone() throws Exception {
        Path saved = folder.resolve("saved-wal");
        try (App app = App.create(database, 4096)) {
            app.sql("PRAGMA wal_autocheckpoint=0");
            app.sql("INSERT INTO log VALUES (1, 'kept')");
            Files.copy(walFile(), saved);
            app.sql("INSERT INTO log VALUES (2, 'lost')");
            replicateOnce();
            app.kill();
        }
        // As after a power loss with synchronous=NORMAL.
        Files.delete(walFile());
        Files.copy(saved, walFile());
        Files.delete(database.resolveSibling("app.db-shm"));

        try (App app = App.start(database)) {
            assertThat(app.number("SELECT count(*) FROM log")).isEqualTo(1);
            app.sql("INSERT INTO log VALUES (3, 'later')");
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.status().counters().rowsLost()).isEqualTo(1);
                assertThat(replicator.status().notices())
                        .extracting(Notice::reason)
                        .contains(Notice.Reason.LOCAL_ROWS_LOST);
                assertThat(replicator.stop(LONG)).isTrue();
            }
            replica.assertSameAs(app);
        }
    }

    /**
     * An old SQLite leaves committed frames without checksums; a writer dies while it publishes the next commit; the
     * recovery ends at those frames: commits that everyone has seen are gone, and the replica has them.
     */
    @Test
    void tellsThatRowsWereLostWhenThePublishedEndGoesBackAndGoesOnWithWhatIsLeft() throws Exception {
        NativeSqlite sqlite = NativeSqlite.load(SYSTEM_LIBRARY);
        String version = sqlite == null ? "missing" : sqlite.version();
        Assumptions.assumeTrue(
                version.matches("3\\.([0-9]|[123][0-9]|4[0-5])\\..*|3\\.46\\.[01]"),
                "SKIPPED: " + SYSTEM_LIBRARY + " is " + version + ", not older than 3.46.2");
        try (App app = App.create(database, 4096)) {
            app.sql("PRAGMA wal_autocheckpoint=0");
            app.fill(60);
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.old(
                        SYSTEM_LIBRARY,
                        "PRAGMA wal_autocheckpoint=0",
                        "PRAGMA cache_size=5",
                        "BEGIN",
                        "UPDATE data SET bytes = randomblob(3000) WHERE id <= 20",
                        "SAVEPOINT s",
                        "UPDATE data SET bytes = randomblob(3000) WHERE id BETWEEN 21 AND 40",
                        "UPDATE data SET bytes = randomblob(3000) WHERE id BETWEEN 30 AND 40",
                        "UPDATE data SET bytes = randomblob(3000) WHERE id BETWEEN 30 AND 40",
                        "ROLLBACK TO s",
                        "UPDATE data SET bytes = 'lost' WHERE id > 40",
                        "COMMIT",
                        "INSERT INTO log VALUES (1000, 'lost, too')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                long before = replicator.status().txId().value();

                dieWhilePublishing(app);
                assertThat(app.number("SELECT count(*) FROM data WHERE bytes = 'lost'"))
                        .isZero();
                app.sql("INSERT INTO log VALUES (2000, 'later')");

                assertThat(replicator.shipNow(LONG)).isTrue();
                assertThat(replicator.status().counters().rowsLost()).isEqualTo(1);
                assertThat(replicator.status().txId().value()).isGreaterThan(before);
                replica.assertSameAs(app);
            }
        }
    }

    private void dieWhilePublishing(App app) {
        try (App victim = App.start(database)) {
            victim.dieAt(SYSTEM_LIBRARY, KillPoints.Point.BETWEEN_HEADERS);
            assertThatThrownBy(() -> victim.old(SYSTEM_LIBRARY, "INSERT INTO log VALUES (1500, 'never')"))
                    .hasMessageContaining("gone");
        }
        app.disconnect(); // its next connection reads the torn header, and recovers
    }

    @Test
    void followsADatabaseThatWasReplacedWhileUp() throws Exception {
        Path other = folder.resolve("other.db");
        try (App app = App.create(other, 4096)) {
            app.sql("INSERT INTO log VALUES (5, 'other')");
        }
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            app.disconnect();
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                for (String suffix : new String[] {"-wal", "-shm"}) {
                    Files.deleteIfExists(database.resolveSibling("app.db" + suffix));
                }
                Files.move(other, database, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
                await().atMost(LONG)
                        .until(() -> replicator.status().replicatedTxId().equals(new TxId(2)));
            }
            replica.assertSameAs(app);
        }
    }

    private Path walFile() {
        return database.resolveSibling("app.db-wal");
    }

    private void deleteStateFolder() throws IOException {
        try (var files = Files.walk(StateFolder.beside(database))) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void isFastEnoughToNoticeACommitAfterAPause() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            await().pollDelay(Duration.ofMillis(2500)).until(() -> true);
            app.sql("INSERT INTO log VALUES (1, 'lone')");
            await().atMost(Duration.ofSeconds(5))
                    .until(() -> replicator.status().replicatedTxId().equals(new TxId(2)));
            replica.assertSameAs(app);
        }
    }
}
