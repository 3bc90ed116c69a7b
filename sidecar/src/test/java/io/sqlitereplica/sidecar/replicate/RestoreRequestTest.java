package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.state.StateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A restore in place of the database that is there. */
class RestoreRequestTest extends ReplicatorFixture {
    private Path pod;

    /** TXID 2 has the row 'good', TXID 3 the row 'bad' in its place. */
    @BeforeEach
    void replicateAMistake() throws Exception {
        pod = newPod("pod");
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS.withPodFolder(pod))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (1, 'good')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            app.sql("UPDATE log SET note = 'bad'");
            assertThat(replicator.shipNow(LONG)).isTrue();
            assertThat(replicator.status().txId()).isEqualTo(new TxId(3));
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }

    private Path newPod(String name) throws IOException {
        return Files.createDirectory(folder.resolve(name));
    }

    private static RestoreRequest request(String id, long txId) {
        return new RestoreRequest(id, new RestorePoint.AtTxId(new TxId(txId)));
    }

    private Replicator start(RestoreRequest request, Path podFolder) {
        return start(OPTIONS.withPodFolder(podFolder).withRestoreRequest(request));
    }

    private List<Path> asides() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".aside")).toList();
        }
    }

    private static String note(Path database) throws IOException {
        try (App app = App.start(database)) {
            return app.sql("SELECT note FROM log");
        }
    }

    @Test
    void restoresThePointOnceAndGoesOnBehindTheNewest() throws Exception {
        RestoreRequest request = request("undo", 2);
        try (Replicator replicator = start(request, newPod("next"));
                App app = appOf(replicator)) {
            assertThat(app.sql("SELECT note FROM log")).isEqualTo("good");
            assertThat(replicator.status().restoreRequest()).isEqualTo("undo");
            assertThat(replicator.status().txId()).as("a new TXID on top").isEqualTo(new TxId(4));
            assertThat(replicator.status().notices())
                    .extracting(Notice::reason)
                    .containsExactly(Notice.Reason.SET_ASIDE);
            app.sql("UPDATE log SET note = 'goes on'");
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
        assertThat(asides())
                .singleElement()
                .satisfies(aside -> assertThat(note(aside)).isEqualTo("bad"));
        assertThat(note(replica.restore(new RestorePoint.AtTxId(new TxId(3)))))
                .as("older points stay")
                .isEqualTo("bad");

        try (Replicator replicator = start(request, newPod("one-more"));
                App app = appOf(replicator)) {
            assertThat(app.sql("SELECT note FROM log")).isEqualTo("goes on");
        }
        assertThat(asides()).hasSize(1);
    }

    @Test
    void waitsForTheNextPodIfTheAppMayRun() throws Exception {
        try (Replicator replicator = start(request("undo", 2), pod);
                App app = appOf(replicator)) {
            assertThat(app.sql("SELECT note FROM log")).isEqualTo("bad");
            assertThat(replicator.status().restoreRequest()).isNull();
        }
        assertThat(asides()).isEmpty();
    }

    @Test
    void leavesTheDatabaseWhenThereIsNoSuchPoint() throws Exception {
        try (Replicator replicator = start(request("undo", 7), newPod("next"))) {
            awaitState(replicator, DatabaseState.FAILED);

            assertThat(replicator.startedUp()).isFalse();
            assertThat(replicator.status().error())
                    .contains("the newest is TXID 0000000000000003")
                    .contains("left as it is")
                    .contains("undo");
        }
        assertThat(asides()).isEmpty();
        assertThat(note(database)).isEqualTo("bad");
    }

    @Test
    void waitsForTheDestinationBeforeTheAppMayStart() throws Exception {
        Path away = folder.resolve("away");
        Files.move(destination, away);
        Files.writeString(destination, "not a folder");
        try (Replicator replicator = start(request("undo", 2), newPod("next"))) {
            await().atMost(LONG).until(() -> replicator.status().error() != null);
            assertThat(replicator.startedUp()).isFalse();
            assertThat(note(database)).isEqualTo("bad");

            Files.delete(destination);
            Files.move(away, destination);
            try (App app = appOf(replicator)) {
                assertThat(app.sql("SELECT note FROM log")).isEqualTo("good");
            }
        }
    }

    @Test
    void startsEmptyWhereThereIsNothingToRestore() throws Exception {
        Path other = Files.createDirectory(folder.resolve("other")).resolve("app.db");
        Files.createDirectory(folder.resolve("elsewhere"));
        database = other;
        closeReplica();
        replica = new Replica(folder.resolve("elsewhere"));
        try (Replicator replicator = start(request("undo", 2), newPod("next"))) {
            awaitState(replicator, DatabaseState.WAITING);
            assertThat(replicator.startedUp()).isTrue();
            assertThat(replicator.status().restoreRequest()).isEqualTo("undo");
        }
    }

    /** Killed after the old database got its other name. */
    @Test
    void finishesWhatACrashInterrupted() throws Exception {
        String ending = ".20261123T080000.000Z.aside";
        Files.writeString(StateFolder.beside(database).resolve("replacing"), ending + "\nundo\n");
        Files.move(database, database.resolveSibling("app.db" + ending));

        try (Replicator replicator = start(request("undo", 2), newPod("next"));
                App app = appOf(replicator)) {
            assertThat(app.sql("SELECT note FROM log")).isEqualTo("good");
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
        assertThat(note(database.resolveSibling("app.db" + ending))).isEqualTo("bad");
    }

    private App appOf(Replicator replicator) throws IOException {
        awaitState(replicator, DatabaseState.REPLICATING);
        assertThat(replicator.startedUp()).isTrue();
        return App.start(database);
    }
}
