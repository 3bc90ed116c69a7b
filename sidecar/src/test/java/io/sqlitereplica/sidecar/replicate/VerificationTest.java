package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.testing.Folders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** The replica is read through while replication goes on. */
class VerificationTest extends ReplicatorFixture {
    private static void ship(App app, Replicator replicator) throws Exception {
        app.sql("INSERT INTO log(note) VALUES ('shipped')");
        assertThat(replicator.shipNow(LONG)).isTrue();
    }

    @Test
    void findsTheReplicaRight() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            ship(app, replicator);

            assertThat(replicator.verify()).isTrue();

            DatabaseStatus.Verified verified = result(replicator);
            assertThat(verified.error()).isNull();
            assertThat(verified.txId()).isEqualTo(replicator.status().replicatedTxId());
        }
    }

    @Test
    void namesTheFirstBadObjectAndASnapshotMakesTheReplicaRightAgain() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            ship(app, replicator);
            ship(app, replicator);
            damage(destination
                    .resolve("ltx/0")
                    .resolve(LtxFileName.of(new TxId(2)).toString()));

            assertThat(replicator.verify()).isFalse();

            DatabaseStatus.Verified verified = result(replicator);
            assertThat(verified.error()).contains("0000000000000002-0000000000000002.ltx");
            await().atMost(LONG).until(() -> replica.files(9).size() == 2);
            assertThat(replicator.verify()).isTrue();
            replica.assertSameAs(app);
        }
    }

    @Test
    void saysThatThereIsNoReplicaAnyMore() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            ship(app, replicator);
            Folders.delete(destination.resolve("ltx"));

            assertThat(replicator.verify()).isFalse();

            assertThat(result(replicator).error()).contains("there is no replica");
        }
    }

    @Test
    void passesOverWhatWasNeverReplicated() throws Exception {
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.WAITING);

            assertThat(replicator.verify()).isTrue();

            assertThat(replicator.status().verification()).isNull();
        }
    }

    private static DatabaseStatus.Verified result(Replicator replicator) {
        return Objects.requireNonNull(replicator.status().verification());
    }

    private static void damage(Path file) throws Exception {
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Files.write(file, bytes);
    }
}
