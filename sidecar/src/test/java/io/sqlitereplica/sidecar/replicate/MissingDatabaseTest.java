package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.testing.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** There is no database at the start. */
class MissingDatabaseTest extends ReplicatorFixture {

    /** Leaves a replica with the rows 1 and 2 in {@code log}. */
    private void replicateAndLose(boolean stateToo) throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'snapshot')");
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (2, 'synced')");
                assertThat(replicator.stop(LONG)).isTrue();
            }
        }
        Files.delete(database);
        Files.deleteIfExists(database.resolveSibling("app.db-wal"));
        Files.deleteIfExists(database.resolveSibling("app.db-shm"));
        if (stateToo) {
            Folders.delete(StateFolder.beside(database));
        }
    }

    /** A new volume has none of the folders that the app made. */
    @Test
    void makesTheFolderThatIsMissingToo() throws Exception {
        Path data = folder.resolve("volume/data");
        database = Files.createDirectories(data).resolve("app.db");
        replicateAndLose(true);
        Folders.delete(folder.resolve("volume"));

        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.startedUp()).isTrue();
        }
        try (App app = App.start(database)) {
            assertThat(app.number("SELECT count(*) FROM log")).isEqualTo(2);
        }
        database = folder.resolve("other/folder/app.db");
        Folders.delete(destination);
        try (Replicator replicator = start(OPTIONS)) {
            await().atMost(LONG).until(replicator::startedUp);
            awaitState(replicator, DatabaseState.WAITING);
        }
    }

    @Test
    void restoresAndGoesOnBehindTheReplica() throws Exception {
        for (boolean stateToo : new boolean[] {true, false}) {
            replicateAndLose(stateToo);
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.startedUp()).isTrue();
                DatabaseStatus.Restored restored = replicator.status().restore();
                assertThat(restored).isNotNull();
                TxId from = replicator.status().txId();
                try (App app = App.start(database)) {
                    assertThat(app.number("SELECT count(*) FROM log")).isEqualTo(2);
                    app.sql("INSERT INTO log VALUES (3, 'after')");
                    assertThat(replicator.shipNow(LONG)).isTrue();
                    assertThat(replicator.status().txId()).isEqualTo(from.next());
                    replica.assertSameAs(app);
                    app.sql("DELETE FROM log");
                }
                assertThat(replica.files(9)).hasSize(1);
            }
            Folders.delete(destination);
            Folders.delete(StateFolder.beside(database));
            Files.delete(database);
            closeReplica();
            openReplica();
        }
    }

    /** As it is copied to another prefix, for a clone in another namespace. */
    @Test
    void aCopyOfAReplicaBecomesTheReplicaOfAClone() throws Exception {
        replicateAndLose(true);
        Path copy = folder.resolve("copy");
        Folders.copy(destination, copy);
        Files.delete(copy.resolve("owner.json"));
        long before = replica.files(0).size();
        closeReplica();
        replica = new Replica(copy);

        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            try (App app = App.start(database)) {
                assertThat(app.number("SELECT count(*) FROM log")).isEqualTo(2);
                app.sql("INSERT INTO log VALUES (3, 'of the clone')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
        }
        closeReplica();
        replica = new Replica(destination);
        assertThat(replica.files(0)).hasSize((int) before);
    }

    @Test
    void shipsWhatIsStagedBeforeItRestores() throws Exception {
        Path away = folder.resolve("away");
        try (App app = App.create(database, 4096)) {
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                Files.move(destination, away);
                Files.writeString(destination, "not a folder");
                app.sql("INSERT INTO log VALUES (1, 'staged only')");
                await().atMost(LONG).until(() -> replicator.status().txId().equals(new TxId(2)));
                assertThat(replicator.stop(Duration.ofMillis(100))).isFalse();
            }
        }
        Files.delete(database);
        Files.delete(destination);
        Files.move(away, destination);

        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            try (App app = App.start(database)) {
                assertThat(app.number("SELECT count(*) FROM log")).isEqualTo(1);
            }
        }
    }

    /** There is nowhere else to get them from. */
    @Test
    void keepsWhatIsStagedWhenTheReplicaCannotTakeIt() throws Exception {
        Path state = StateFolder.beside(database);
        Path away = folder.resolve("away");
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            Files.move(destination, away);
            Files.writeString(destination, "not a folder");
            for (int i = 1; i <= 2; i++) {
                TxId next = new TxId(1 + i);
                app.sql("INSERT INTO log(note) VALUES ('staged only')");
                await().atMost(LONG).until(() -> replicator.status().txId().equals(next));
            }
            assertThat(replicator.stop(Duration.ofMillis(100))).isFalse();
        }
        Files.delete(database);
        Files.delete(destination);
        Files.move(away, destination);
        Path first = state.resolve(LtxFileName.of(new TxId(2)).toString());
        Files.write(first, new byte[100]);
        byte[] second =
                Files.readAllBytes(state.resolve(LtxFileName.of(new TxId(3)).toString()));

        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.status().restore()).isNotNull();
            assertThat(replicator.status().notices()).singleElement().satisfies(notice -> {
                assertThat(notice.reason()).isEqualTo(Notice.Reason.NOT_SHIPPED);
                assertThat(notice.message())
                        .contains("TXID 0000000000000002 to 0000000000000003")
                        .contains("damaged");
            });
        }
        assertThat(state.resolve("unshipped")
                        .resolve(LtxFileName.of(new TxId(3)).toString()))
                .hasBinaryContent(second);
    }

    @Test
    void waitsForADatabaseThatIsBornLater() throws Exception {
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.WAITING);
            assertThat(replicator.startedUp()).isTrue();
            assertThat(replicator.shipNow(LONG)).as("there is nothing to ship").isTrue();
            try (App app = App.create(database, 8192)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (1, 'born')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    void stopsWhileItWaits() throws Exception {
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.WAITING);
            assertThat(replicator.stop(LONG)).isTrue();
            assertThat(replicator.status().state()).isEqualTo(DatabaseState.STOPPED);
        }
    }

    @Test
    void failsWhenToldToAndThereIsAReplica() throws Exception {
        replicateAndLose(true);
        try (Replicator replicator = start(OPTIONS.withWhenMissing(WhenMissing.FAIL))) {
            awaitState(replicator, DatabaseState.FAILED);
            assertThat(replicator.startedUp()).isFalse();
            assertThat(replicator.status().error())
                    .contains("whenMissing is Fail")
                    .contains(database.toString());
        }
        assertThat(database).doesNotExist();
    }

    @Test
    void waitsForTheDestinationBeforeTheAppMayStart() throws Exception {
        replicateAndLose(true);
        Path away = folder.resolve("away");
        Files.move(destination, away);
        Files.writeString(destination, "not a folder");
        try (Replicator replicator = start(OPTIONS)) {
            await().atMost(LONG).until(() -> replicator.status().error() != null);
            assertThat(replicator.startedUp()).isFalse();
            assertThat(replicator.status().state()).isEqualTo(DatabaseState.RESTORING);

            Files.delete(destination);
            Files.move(away, destination);
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.startedUp()).isTrue();
        }
    }

    @Test
    void switchesADatabaseToWalMode() throws Exception {
        try (App app = App.start(database)) {
            app.sql("CREATE TABLE log(n INTEGER PRIMARY KEY, note TEXT)");
            app.sql("INSERT INTO log VALUES (1, 'rollback journal')");
            app.disconnect();
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                app.sql("INSERT INTO log VALUES (2, 'WAL')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    void tellsWhyAFileIsRefused() throws Exception {
        Files.writeString(database, "this is not a database, and long enough to be one: ".repeat(100));
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.FAILED);
            assertThat(replicator.status().error()).contains(database.toString());
        }
    }
}
