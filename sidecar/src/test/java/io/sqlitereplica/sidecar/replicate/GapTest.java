package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.NativeSqlite;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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

    @Test
    void uploadsLittleWhenLittleChanged() throws Exception {
        changeTenPagesOf(7_000);
    }

    @Tag("e2e")
    @Test
    void uploadsLittleWhenLittleOfAGigabyteChanged() throws Exception {
        changeTenPagesOf(350_000);
    }

    /** Rows of 3,000 bytes, of which one fits into a page. */
    private void changeTenPagesOf(int rows) throws Exception {
        try (App app = App.create(database, 4096)) {
            for (int filled = 0; filled < rows; filled += 7_000) {
                app.fill(7_000);
            }
            app.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG.multipliedBy(5))
                        .until(() -> replicator.status().state() == DatabaseState.REPLICATING);
                assertThat(replicator.stop(LONG)).isTrue();
            }
            for (int i = 1; i <= 10; i++) {
                app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id=" + i * (rows / 10));
            }
            app.sql("PRAGMA wal_checkpoint(TRUNCATE)");
            try (Replicator replicator = start(OPTIONS)) {
                await().atMost(LONG.multipliedBy(5))
                        .until(() -> replicator.status().replicatedTxId().equals(new TxId(2)));
                DatabaseStatus.Counters counters = replicator.status().counters();
                assertThat(counters.resyncedPages()).isBetween(10L, 40L);
                assertThat(counters.uploadedBytes()).isLessThan(1_000_000);
                assertThat(counters.resyncTime()).isPositive();
                System.out.printf(
                        "GapTest: %d bytes compared in %s, %d bytes uploaded%n",
                        Files.size(database), counters.resyncTime(), counters.uploadedBytes());
            }
            // The WAL is empty, so the file is the database; to serialize it would take as much memory.
            Path restored = replica.restore();
            assertThat(Files.mismatch(restored, database)).isEqualTo(-1);
            Files.delete(restored);
        }
    }

    /** What may happen to a file of the state folder while nobody looks. */
    enum Damage {
        GONE,
        EMPTY,
        TORN,
        FLIPPED;

        void to(Path file) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            switch (this) {
                case GONE -> Files.delete(file);
                case EMPTY -> Files.write(file, new byte[0]);
                case TORN -> Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
                case FLIPPED -> {
                    bytes[bytes.length / 2] ^= 1;
                    Files.write(file, bytes);
                }
            }
        }
    }

    /** Stops with the file of TXID 2 staged, and that of TXID 3. */
    private void stopWithSomethingStaged(App app) throws Exception {
        app.sql("INSERT INTO log VALUES (1, 'before')");
        Path away = folder.resolve("away");
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            Files.move(destination, away);
            Files.writeString(destination, "not a folder");
            for (int n = 2; n <= 3; n++) {
                TxId staged = new TxId(n);
                app.sql("INSERT INTO log VALUES (" + n + ", 'staged')");
                await().atMost(LONG).until(() -> replicator.status().txId().equals(staged));
            }
            assertThat(replicator.stop(Duration.ZERO)).isFalse();
        }
        Files.delete(destination);
        Files.move(away, destination);
    }

    @ParameterizedTest
    @CsvSource({"GONE, 2", "EMPTY, 2", "TORN, 3", "FLIPPED, 3"})
    void shipsWhatWasInAStagedFileThatIsDamaged(Damage damage, long txId) throws Exception {
        try (App app = App.create(database, 4096)) {
            stopWithSomethingStaged(app);
            damage.to(StateFolder.beside(database)
                    .resolve(LtxFileName.of(new TxId(txId)).toString()));
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (4, 'after')");
                await().atMost(LONG).until(() -> replicator.shipNow(LONG));
                assertThat(replicator.stop(LONG)).isTrue();
            }
            replica.assertSameAs(app);
        }
    }

    @ParameterizedTest
    @CsvSource({"writer, GONE", "writer, TORN", "pages, GONE", "pages, TORN", "position, EMPTY", "position, FLIPPED"})
    void goesOnWithAStateFolderThatIsDamaged(String file, Damage damage) throws Exception {
        try (App app = App.create(database, 4096)) {
            app.fill(50);
            replicateOnce();
            damage.to(StateFolder.beside(database).resolve(file));
            Files.write(StateFolder.beside(database).resolve("position.next"), new byte[] {1, 2, 3});
            if (!file.equals("writer")) { // whose loss is only noticed by what is uploaded meanwhile
                app.sql("INSERT INTO log VALUES (1, 'meanwhile')");
            }
            replicateOnce();
            replica.assertSameAs(app);
        }
    }

    @Test
    void refusesTheStateFolderOfAnotherDatabase() throws Exception {
        Path other = folder.resolve("other.db");
        Path otherDestination = folder.resolve("other");
        try (App app = App.create(database, 4096);
                App otherApp = App.create(other, 4096)) {
            otherApp.sql("INSERT INTO log VALUES (7, 'other')");
            replicateOnce();
            try (Replica otherReplica = new Replica(otherDestination);
                    Replicator replicator = new Replicator(
                            new DatabaseSpec("other", other),
                            otherReplica.store(),
                            OPTIONS,
                            new BufferPool(8 << 20),
                            new SnapshotTurns(),
                            CloseMode.RELEASE)) {
                replicator.start();
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.stop(LONG)).isTrue();
            }
            deleteStateFolder();
            Files.move(StateFolder.beside(other), StateFolder.beside(database));
            app.sql("INSERT INTO log VALUES (1, 'ours')");

            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.FAILED);
                assertThat(replicator.status().error()).contains("another history");
                assertThat(replicator.stop(LONG)).isFalse();
            }
            assertThat(replica.files(0)).isEmpty();
        }
    }

    @Test
    void refusesAnotherPageSizeUntilItIsChangedBack() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.fill(20);
            replicateOnce();
            changePageSize(app, 8192);

            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.FAILED);
                assertThat(replicator.status().error())
                        .contains("pages of 8192 bytes now, and its replica has pages of 4096")
                        .contains("new, empty destination");
                assertThat(replicator.startedUp()).isTrue();
                assertThat(replica.files(0)).isEmpty();

                changePageSize(app, 4096);
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.stop(LONG)).isTrue();
            }
            replica.assertSameAs(app);
        }
    }

    private static void changePageSize(App app, int pageSize) {
        await().atMost(LONG).ignoreExceptions().until(() -> {
            app.sql("PRAGMA journal_mode=DELETE");
            app.sql("PRAGMA page_size=" + pageSize);
            app.sql("VACUUM"); // changes nothing if the sidecar has switched it to WAL mode meanwhile
            return app.number("PRAGMA page_size") == pageSize;
        });
        app.sql("PRAGMA journal_mode=WAL");
    }

    @Test
    void followsADatabaseThatWasDeletedAndMadeAnewWhileUp() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            app.fill(50);
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.shipNow(LONG)).isTrue();
            app.disconnect();
            for (String name : new String[] {"app.db", "app.db-wal", "app.db-shm"}) {
                Files.deleteIfExists(database.resolveSibling(name));
            }
            awaitState(replicator, DatabaseState.WAITING);
            assertThat(replicator.shipNow(LONG)).as("there is nothing to ship").isTrue();

            app.sql("PRAGMA journal_mode=WAL");
            RandomWriter.SCHEMA.forEach(app::sql);
            app.sql("INSERT INTO log VALUES (1, 'anew')");
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
    }

    @Test
    void followsADatabaseThatWasReplacedWhileDown() throws Exception {
        Path other = folder.resolve("other.db");
        try (App app = App.create(other, 4096)) {
            app.fill(30);
        }
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            replicateOnce();
            app.disconnect();
            Files.deleteIfExists(walFile());
            Files.deleteIfExists(database.resolveSibling("app.db-shm"));
            Files.move(other, database, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            replicateOnce();
            replica.assertSameAs(app);
            assertThat(replica.files(9)).hasSize(1);
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
