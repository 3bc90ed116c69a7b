package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A destination with another history than the database's, under each policy. */
class DivergenceTest extends ReplicatorFixture {
    private Path pod;

    /** The replica of a database with the row 'theirs', and in its place another one with the row 'ours'. */
    @BeforeEach
    void diverge() throws Exception {
        pod = Files.createDirectory(folder.resolve("pod"));
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            app.sql("INSERT INTO log VALUES (1, 'theirs')");
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.shipNow(LONG)).isTrue();
            assertThat(replicator.stop(LONG)).isTrue();
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                if (file.getFileName().toString().contains("app.db")
                        || (file.getParent() != null
                                && file.getParent().toString().contains(".app.db-sqlitereplica"))) {
                    Files.deleteIfExists(file);
                }
            }
        }
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'ours')");
        }
    }

    private Replicator start(OnDivergence policy) {
        return start(OPTIONS.withOnDivergence(policy).withPodFolder(pod));
    }

    private List<Path> asides() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".aside")).toList();
        }
    }

    @Test
    void failsAndKeepsTheAppFromStarting() throws Exception {
        List<ReplicaFile> before = replica.files(0);
        try (Replicator replicator = start(OnDivergence.FAIL)) {
            awaitState(replicator, DatabaseState.FAILED);

            assertThat(replicator.startedUp()).isFalse();
            assertThat(replicator.status().error()).contains("another history").contains("KeepLocal or UseReplica");
        }
        assertThat(replica.files(0)).isEqualTo(before);
        assertThat(asides()).isEmpty();
    }

    @Test
    void keepsTheLocalDatabaseAndTheOtherHistory() throws Exception {
        TxId theirs = new TxId(replica.files(9).getLast().name().max().value()
                + replica.files(0).size());
        try (App app = App.start(database);
                Replicator replicator = start(OnDivergence.KEEP_LOCAL)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (2, 'ours')");
            assertThat(replicator.shipNow(LONG)).isTrue();

            replica.assertSameAs(app);
            assertThat(replicator.startedUp()).isTrue();
            assertThat(replicator.status().notices()).singleElement().satisfies(notice -> {
                assertThat(notice.reason()).isEqualTo(Notice.Reason.LOCAL_ROWS_LOST);
                assertThat(notice.message()).contains("KeepLocal").contains("up to TXID " + theirs);
            });
        }
        assertThat(replica.files(0)).extracting(ReplicaFile::name).contains(LtxFileName.of(theirs.next()));
    }

    @Test
    void usesTheReplicaAndKeepsTheLocalDatabaseAside() throws Exception {
        try (Replicator replicator = start(OnDivergence.USE_REPLICA)) {
            awaitState(replicator, DatabaseState.REPLICATING);

            try (App app = App.start(database)) {
                assertThat(app.sql("SELECT note FROM log")).isEqualTo("theirs");
                app.sql("INSERT INTO log VALUES (2, 'goes on')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
            assertThat(replicator.startedUp()).isTrue();
            assertThat(replicator.status().notices())
                    .extracting(Notice::reason)
                    .containsExactly(Notice.Reason.SET_ASIDE);
        }
        Path aside = asides().getFirst();
        try (App app = App.start(aside)) {
            assertThat(app.sql("SELECT note FROM log")).as("with its WAL").isEqualTo("ours");
        }
    }

    @Test
    void leavesTheDatabaseOfAnAppThatMayRun() throws Exception {
        try (Replicator replicator = start(OnDivergence.USE_REPLICA)) {
            awaitState(replicator, DatabaseState.REPLICATING);
        }
        Files.delete(database);
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'made by the running app')");
            Path state = StateFolder.beside(database);
            Files.delete(state.resolve("position"));
            Files.delete(state.resolve("writer"));

            try (Replicator replicator = start(OnDivergence.USE_REPLICA)) {
                awaitState(replicator, DatabaseState.FAILED);

                assertThat(replicator.status().error()).contains("delete the pod");
            }
            assertThat(app.sql("SELECT note FROM log")).isEqualTo("made by the running app");
        }
        assertThat(asides()).hasSize(1);
    }

    @Test
    void usesTheReplicaInTheNextPod() throws Exception {
        try (Replicator replicator = start(OnDivergence.FAIL)) {
            awaitState(replicator, DatabaseState.FAILED);
        }
        pod = Files.createDirectory(folder.resolve("next-pod"));

        try (Replicator replicator = start(OnDivergence.USE_REPLICA)) {
            awaitState(replicator, DatabaseState.REPLICATING);
        }
        assertThat(asides()).hasSize(1);
    }

    /** Killed after the database got its other name, before its WAL did. */
    @Test
    void finishesWhatACrashInterruptedWhateverIsToBeDoneWithAMissingDatabase() throws Exception {
        String ending = ".20261123T080000.000Z.aside";
        Path aside = database.resolveSibling("app.db" + ending);
        markReplacing(ending);
        Files.move(database, aside);

        try (Replicator replicator = start(OPTIONS.withOnDivergence(OnDivergence.USE_REPLICA)
                .withPodFolder(pod)
                .withWhenMissing(WhenMissing.START_EMPTY))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(note(database)).isEqualTo("theirs");
        }
        assertThat(note(aside)).as("with its WAL").isEqualTo("ours");
        assertThat(StateFolder.beside(database).resolve("replacing")).doesNotExist();
    }

    /** Killed after the restored database got its name, before that was noted. */
    @Test
    void doesNotSetTheRestoredDatabaseAside() throws Exception {
        try (Replicator replicator = start(OnDivergence.USE_REPLICA)) {
            awaitState(replicator, DatabaseState.REPLICATING);
        }
        String aside = asides().getFirst().getFileName().toString();
        markReplacing(aside.substring("app.db".length()));
        Files.delete(StateFolder.beside(database).resolve("position"));
        pod = Files.createDirectory(folder.resolve("next-pod"));

        try (Replicator replicator = start(OnDivergence.USE_REPLICA)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.status().notices()).isEmpty();
        }
        assertThat(asides()).hasSize(1);
        assertThat(note(database)).isEqualTo("theirs");
    }

    @Test
    void leavesADatabaseThatIsNotToBeReplacedAnyMore() throws Exception {
        markReplacing(".20261123T080000.000Z.aside");

        try (Replicator replicator = start(OnDivergence.FAIL)) {
            awaitState(replicator, DatabaseState.FAILED);
        }
        assertThat(asides()).isEmpty();
        assertThat(note(database)).isEqualTo("ours");
    }

    private void markReplacing(String ending) throws IOException {
        Path state = Files.createDirectories(StateFolder.beside(database));
        Files.writeString(state.resolve("replacing"), ending + "\n\n");
    }

    private static String note(Path database) throws IOException {
        try (App app = App.start(database)) {
            return app.sql("SELECT note FROM log");
        }
    }
}
