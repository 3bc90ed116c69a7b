package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.OwnerRecord;
import io.sqlitereplica.sidecar.storage.StoredOwner;
import io.sqlitereplica.sidecar.testing.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** The life of the owner record beside a replica that has one writer. */
class OwnershipTest extends ReplicatorFixture {
    private Path file() {
        return destination.resolve("owner.json");
    }

    private OwnerRecord owner() throws IOException {
        return replica.store().owner().map(StoredOwner::record).orElseThrow();
    }

    @Test
    void isTakenAtTheStartAndReleasedAtTheEnd() throws Exception {
        try (App app = App.create(database, 4096)) {
            for (long epoch = 1; epoch <= 2; epoch++) {
                try (Replicator replicator = start(OPTIONS)) {
                    long expected = epoch;
                    await().atMost(LONG)
                            .until(() -> Files.exists(file()) && owner().epoch() == expected && !owner().isReleased());
                    app.sql("INSERT INTO log(note) VALUES ('shipped')");
                    assertThat(replicator.stop(LONG)).isTrue();
                    assertThat(replicator.status().counters().ownerWaits()).isZero();
                }
                assertThat(owner().isReleased()).isTrue();
            }
            assertThat(Files.readString(file())).contains("\"released\" : true");
        }
    }

    @Test
    void staysTakenWhenSomethingIsNotShipped() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            Path level = destination.resolve("ltx/0");
            Files.writeString(level, "in the way");
            app.sql("INSERT INTO log VALUES (1, 'not shipped')");
            await().atMost(LONG).until(() -> replicator.status().txId().equals(new TxId(2)));

            assertThat(replicator.stop(Duration.ofMillis(100))).isFalse();

            assertThat(owner().isReleased()).isFalse();
        }
    }

    @Test
    void isTakenOfAReplicaThatHasNone() throws Exception {
        try (App app = App.create(database, 4096)) {
            for (int start = 1; start <= 2; start++) {
                try (Replicator replicator = start(OPTIONS)) {
                    awaitState(replicator, DatabaseState.REPLICATING);
                    app.sql("INSERT INTO log(note) VALUES ('shipped')");
                    assertThat(replicator.shipNow(LONG)).isTrue();
                    assertThat(replicator.stop(LONG)).isTrue();
                    assertThat(replicator.status().counters().ownerWaits()).isZero();
                }
                assertThat(owner().epoch()).isEqualTo(1);
                Files.delete(file());
            }
            replica.assertSameAs(app);
        }
    }

    @Test
    void isWrittenAgainWhenSomebodyDeletedIt() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            OwnerRecord before = owner();
            Files.delete(file());
            await().atMost(LONG).until(() -> {
                app.sql("INSERT INTO log(note) VALUES ('shipped')");
                return Files.exists(file());
            });
            assertThat(owner()).isEqualTo(before);
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
    }

    @Test
    void anEmptiedDestinationGetsTheWholeDatabase() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log(note) VALUES ('before')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            Folders.delete(destination);
            Files.createDirectory(destination);

            await().atMost(LONG).until(() -> {
                app.sql("INSERT INTO log(note) VALUES ('after')");
                return !replica.files(9).isEmpty();
            });
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(replicator.status().notices()).isEmpty();
        }
    }

    @Test
    void aDestinationThatLostItsBeginningGetsASnapshot() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log(note) VALUES ('before')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            Folders.delete(destination.resolve("ltx/9"));
            Files.delete(file());

            await().atMost(LONG).until(() -> {
                app.sql("INSERT INTO log(note) VALUES ('after')");
                return !replica.files(9).isEmpty();
            });
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
    }

    /** What the former owner had under way may arrive until then. */
    @Test
    void waitsAgainForTheFormerOwnerWhenTheFirstWaitWasBrokenOff() throws Exception {
        OwnerPatience patience = new OwnerPatience(Duration.ofMillis(1), Duration.ofDays(1));
        Ownership former =
                new Ownership("former", replica.store(), patience, new StatusBoard(new DatabaseSpec("app", database)));
        former.take(1, _ -> {}, _ -> {});
        Ownership next =
                new Ownership("next", replica.store(), patience, new StatusBoard(new DatabaseSpec("app", database)));
        AtomicInteger looks = new AtomicInteger();
        Ownership.Pause untilTaken = nanos -> {
            if (looks.get() == 2) {
                throw new BrokenOffException.Stopped();
            }
            LockSupport.parkNanos(nanos);
        };
        for (int i = 0; i < 2; i++) {
            assertThatThrownBy(() -> next.take(2, _ -> looks.incrementAndGet(), untilTaken))
                    .as("attempt " + i)
                    .isInstanceOf(BrokenOffException.Stopped.class);
        }
        assertThat(owner().epoch()).isEqualTo(2);
    }

    @Test
    void isNotGuessedWhenItCannotBeRead() throws Exception {
        Files.writeString(file(), "{\"version\": 2}");
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            await().atMost(LONG).until(() -> replicator.status().error() != null);
            assertThat(replicator.status().error()).contains("owner.json").contains("delete it");
            assertThat(destination.resolve("ltx")).doesNotExist();
            app.sql("INSERT INTO log(note) VALUES ('meanwhile')");

            Files.delete(file());
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
    }
}
