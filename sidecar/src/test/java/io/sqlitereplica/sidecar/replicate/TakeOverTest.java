package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.OwnerRecord;
import io.sqlitereplica.sidecar.storage.StoredOwner;
import io.sqlitereplica.sidecar.testing.Untouched;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two sidecars, each a process of its own, that want to write to one destination: one goes on, the other says why it does
 * not, and the replica is that of one database after the other.
 */
abstract class TakeOverTest {
    static final Duration LONG = ReplicatorFixture.LONG;

    /** Never finds out that it was fenced but by a name that is taken. */
    private static final OwnerPatience BLIND = new OwnerPatience(Duration.ofMillis(500), Duration.ofDays(1));

    /** A former owner that writes has looked long before the new one relies on what is there. */
    private static final OwnerPatience CALM = new OwnerPatience(Duration.ofSeconds(1), Duration.ofSeconds(2));

    @TempDir
    Path folder;

    Replica replica;
    private Untouched objects;

    /** Where the sidecars write to. */
    abstract String url();

    /** An empty destination there. */
    abstract Replica makeReplica() throws IOException;

    /** Where its objects are to be seen. */
    abstract Path objects();

    @BeforeEach
    void makeDestination() throws IOException {
        replica = makeReplica();
        objects = new Untouched(objects());
    }

    @AfterEach
    void checkReplica() throws IOException {
        objects.look();
        assertThat(objects.count()).isPositive();
        replica.assertOneChain();
        Files.delete(replica.restore());
        replica.close();
    }

    private Path database(String name) throws IOException {
        return Files.createDirectories(folder.resolve(name)).resolve("app.db");
    }

    private Sidecar sidecar(String name, OwnerPatience patience) throws IOException {
        return Sidecar.start(database(name), url(), Sidecar.Settings.DEFAULTS.withPatience(patience));
    }

    private Sidecar sidecar(String name) throws IOException {
        return sidecar(name, CALM);
    }

    private App newApp(String name) throws IOException {
        return App.create(database(name), 4096);
    }

    private void ship(App app, Sidecar sidecar) throws IOException {
        app.sql("INSERT INTO log(note) VALUES ('shipped')");
        assertThat(sidecar.ship()).as(sidecar.error()).isTrue();
        objects.look();
    }

    /** What a volume of its own has that was made from the replica, without the state folder. */
    private App restoredApp(String name) throws IOException {
        Files.move(replica.restore(), database(name));
        return App.start(database(name));
    }

    private void awaitState(Sidecar sidecar, DatabaseState state) {
        await().atMost(LONG).untilAsserted(() -> {
            objects.look();
            assertThat(sidecar.state()).as(sidecar.error()).isEqualTo(state);
        });
    }

    private OwnerRecord owner() throws IOException {
        return replica.store().owner().map(StoredOwner::record).orElseThrow();
    }

    private void awaitEpoch(long epoch) {
        await().atMost(LONG).until(() -> owner().epoch() == epoch);
    }

    @Test
    void oneOfTwoThatStartTogetherOnAnEmptyDestinationGoesOn() throws Exception {
        try (App one = newApp("one");
                App two = newApp("two")) {
            one.sql("INSERT INTO log VALUES (1, 'one')");
            two.sql("INSERT INTO log VALUES (2, 'two')");
            try (Sidecar first = sidecar("one");
                    Sidecar second = sidecar("two")) {
                await().atMost(LONG)
                        .until(() -> first.state() == DatabaseState.FAILED || second.state() == DatabaseState.FAILED);
                boolean firstWon = second.state() == DatabaseState.FAILED;
                Sidecar winner = firstWon ? first : second;
                Sidecar loser = firstWon ? second : first;
                awaitState(winner, DatabaseState.REPLICATING);

                assertThat(loser.error()).contains("another history").contains("The destination belongs to writer");
                ship(firstWon ? one : two, winner);
                assertThat(owner().epoch()).isEqualTo(1);
                replica.assertSameAs(firstWon ? one : two);
            }
        }
    }

    @Test
    void aNewPodRestoresAndGoesOnWhileTheOldOneStillWrites() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("TakeOverTest: -Dseed=" + seed);
        try (App oldApp = newApp("old");
                Sidecar old = Sidecar.start(
                        database("old"),
                        url(),
                        // Snapshots race with the fence, too.
                        Sidecar.Settings.DEFAULTS.withSnapshots(Duration.ofMillis(300)))) {
            awaitState(old, DatabaseState.REPLICATING);
            oldApp.write(seed, 50);
            await().atMost(LONG).until(() -> !replica.files(0).isEmpty());

            try (Sidecar sidecar = sidecar("new")) {
                awaitState(sidecar, DatabaseState.REPLICATING);
                awaitState(old, DatabaseState.FAILED);
                assertThat(old.error())
                        .contains("Another writer has taken over")
                        .contains(owner().toString())
                        .contains("Not in the replica: ");
                assertThat(sidecar.ownerWaits()).isEqualTo(1);
                long taken = replica.assertConsistent();
                assertThat(taken).isPositive().isLessThanOrEqualTo(oldApp.pause());

                try (App newApp = App.start(database("new"))) {
                    newApp.sql("DELETE FROM data WHERE id % 3 = 0");
                    ship(newApp, sidecar);
                    assertThat(sidecar.rowsLost()).isZero();
                    replica.assertSameAs(newApp);
                }
                assertThat(old.state()).isEqualTo(DatabaseState.FAILED);
            }
        }
    }

    @Test
    void aRestoredVolumeTakesOverFromAQuietPodWhichIsFencedByItsNextCommit() throws Exception {
        try (App oldApp = newApp("old");
                Sidecar old = sidecar("old")) {
            awaitState(old, DatabaseState.REPLICATING);
            ship(oldApp, old);
            try (App newApp = restoredApp("new");
                    Sidecar sidecar = sidecar("new")) {
                awaitEpoch(2);
                ship(newApp, sidecar);
                oldApp.sql("INSERT INTO log(note) VALUES ('too late')");

                awaitState(old, DatabaseState.FAILED);
                assertThat(old.error())
                        .contains("Another writer has taken over")
                        .contains(
                                "Not in the replica: TXID 0000000000000003 to 0000000000000003, the oldest committed");
                ship(newApp, sidecar);

                // What the kubelet or a person may try next must not stop the one that goes on.
                old.kill();
                try (Sidecar again = sidecar("old")) {
                    awaitState(again, DatabaseState.FAILED);
                    assertThat(again.error())
                            .contains("another history")
                            .contains("The destination belongs to " + owner())
                            .contains("Not in the replica: TXID 0000000000000003 to 0000000000000003");
                    ship(newApp, sidecar);
                    assertThat(owner().epoch()).isEqualTo(2);
                    replica.assertSameAs(newApp);
                }
            }
        }
    }

    @Test
    @Tag("e2e")
    void aStaleCopyDoesNotStopAPodThatWrites() throws Exception {
        try (App app = newApp("app");
                Sidecar sidecar = sidecar("app")) {
            awaitState(sidecar, DatabaseState.REPLICATING);
            ship(app, sidecar);
            try (App stale = restoredApp("stale")) {
                ship(app, sidecar);
                try (Sidecar late = sidecar("stale")) {
                    awaitState(late, DatabaseState.FAILED);
                    assertThat(late.error()).contains("another database").contains("The destination belongs to writer");
                    assertThat(stale.number("SELECT count(*) FROM log")).isEqualTo(1);
                }
                ship(app, sidecar);
                assertThat(owner().epoch()).isEqualTo(1);
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    @Tag("e2e")
    void aSecondSidecarOfTheSameVolumeWaitsForTheFirst() throws Exception {
        try (App app = newApp("app");
                Sidecar first = sidecar("app")) {
            awaitState(first, DatabaseState.REPLICATING);
            try (Sidecar second = sidecar("app")) {
                await().atMost(LONG).until(() -> second.error().contains("Another sidecar"));
                ship(app, first);
                assertThat(owner().epoch()).isEqualTo(1);
                first.kill();
                awaitState(second, DatabaseState.REPLICATING);
                ship(app, second);
                assertThat(second.ownerWaits()).isZero();
                replica.assertSameAs(app);
            }
        }
    }

    @Test
    void goesOnWithoutWaitingWhenKilledBetweenTakingOverAndTheFirstUpload() throws Exception {
        try (App oldApp = newApp("old");
                Sidecar old = sidecar("old")) {
            awaitState(old, DatabaseState.REPLICATING);
            ship(oldApp, old);
            try (App newApp = restoredApp("new")) {
                newApp.sql("INSERT INTO log(note) VALUES ('committed before the take-over')");
                int before = replica.files(0).size();
                Files.delete(database("new"));
                Files.deleteIfExists(database("new").resolveSibling("app.db-wal"));
                Files.deleteIfExists(database("new").resolveSibling("app.db-shm"));
                newApp.kill();
                try (Sidecar sidecar = sidecar("new")) {
                    awaitEpoch(2);
                    sidecar.kill();
                }
                assertThat(replica.files(0)).hasSize(before);
            }
            try (Sidecar again = sidecar("new")) {
                awaitState(again, DatabaseState.REPLICATING);
                assertThat(again.ownerWaits()).isZero();
                try (App newApp = App.start(database("new"))) {
                    // Before the old one commits: it may have looked just before it was taken over, and would be quiet
                    // again.
                    ship(newApp, again);
                    oldApp.sql("INSERT INTO log(note) VALUES ('too late')");
                    awaitState(old, DatabaseState.FAILED);
                    assertThat(old.error()).contains("Another writer has taken over");
                    ship(newApp, again);
                    replica.assertSameAs(newApp);
                }
            }
        }
    }

    @Test
    @Tag("e2e")
    void handsOverWithoutWaitingAfterACleanStop() throws Exception {
        try (App app = newApp("app")) {
            try (Sidecar sidecar = sidecar("app")) {
                awaitState(sidecar, DatabaseState.REPLICATING);
                ship(app, sidecar);
                assertThat(sidecar.stop()).isTrue();
            }
            assertThat(owner().isReleased()).isTrue();
            try (Sidecar sidecar = sidecar("another")) {
                awaitState(sidecar, DatabaseState.REPLICATING);
                awaitEpoch(2);
                assertThat(sidecar.ownerWaits()).isZero();
                assertThat(owner().isReleased()).isFalse();
            }
        }
    }

    /** The owner record is passed over: the names alone keep the histories apart. */
    @Test
    void aWriterThatWasSuspendedWhileItWasTakenOverFindsItsNextNameTaken() throws Exception {
        try (App oldApp = newApp("old");
                Sidecar old = sidecar("old", BLIND)) {
            awaitState(old, DatabaseState.REPLICATING);
            ship(oldApp, old);
            old.suspend();
            oldApp.sql("INSERT INTO log(note) VALUES ('while it was suspended')");
            try (App newApp = restoredApp("new");
                    Sidecar sidecar = sidecar("new")) {
                awaitEpoch(2);
                ship(newApp, sidecar);
                old.resume();

                awaitState(old, DatabaseState.FAILED);
                assertThat(old.error()).contains("Another writer has taken over");
                ship(newApp, sidecar);
                assertThat(sidecar.rowsLost()).isZero();
                replica.assertSameAs(newApp);
            }
        }
    }

    /** The other way round: the former owner gets there first, and the new one goes on behind it. */
    @Test
    void theNewOwnerGoesOnBehindWhatTheFormerOneStillAdded() throws Exception {
        try (App oldApp = newApp("old");
                Sidecar old = sidecar("old", BLIND)) {
            awaitState(old, DatabaseState.REPLICATING);
            ship(oldApp, old);
            try (App newApp = restoredApp("new");
                    Sidecar sidecar = sidecar("new")) {
                awaitEpoch(2);
                // Until it has passed its own look at the destination.
                await().atMost(LONG)
                        .until(() -> sidecar.ship() && sidecar.error().isEmpty());
                await().pollDelay(CALM.lookInterval().multipliedBy(2)).until(() -> true);
                ship(oldApp, old);
                ship(oldApp, old);

                newApp.sql("INSERT INTO log(note) VALUES ('of the new owner')");
                await().atMost(LONG).until(() -> sidecar.rowsLost() == 1);
                awaitState(sidecar, DatabaseState.REPLICATING);
                oldApp.sql("INSERT INTO log(note) VALUES ('too late')");
                awaitState(old, DatabaseState.FAILED);
                ship(newApp, sidecar);
                assertThat(owner().epoch()).isEqualTo(2);
                // A restore soon needs nothing of the former owner any more.
                await().atMost(LONG).until(() -> replica.files(9).size() == 2);
                replica.assertSameAs(newApp);
            }
        }
    }

    /** The record says whose the destination is, also to a process that knows nothing of what was judged before. */
    @Test
    @Tag("e2e")
    void aLateFileOfTheFormerOwnerDoesNotStopTheNewOneWhenItIsRestarted() throws Exception {
        try (App oldApp = newApp("old");
                Sidecar old = sidecar("old", BLIND)) {
            awaitState(old, DatabaseState.REPLICATING);
            ship(oldApp, old);
            try (App newApp = restoredApp("new")) {
                try (Sidecar sidecar = sidecar("new")) {
                    awaitEpoch(2);
                    await().atMost(LONG)
                            .until(() -> sidecar.ship() && sidecar.error().isEmpty());
                    sidecar.kill();
                }
                ship(oldApp, old);

                try (Sidecar again = sidecar("new")) {
                    newApp.sql("INSERT INTO log(note) VALUES ('of the new owner')");
                    await().atMost(LONG).until(() -> again.rowsLost() == 1);
                    awaitState(again, DatabaseState.REPLICATING);
                    oldApp.sql("INSERT INTO log(note) VALUES ('too late')");
                    awaitState(old, DatabaseState.FAILED);
                    ship(newApp, again);
                    assertThat(again.ownerWaits()).isZero();
                    replica.assertSameAs(newApp);
                }
            }
        }
    }

    @Test
    @Tag("e2e")
    void ofTwoCopiesOfAVolumeTheOneThatStartedLastGoesOn() throws Exception {
        try (App app = newApp("app");
                Sidecar sidecar = sidecar("app")) {
            awaitState(sidecar, DatabaseState.REPLICATING);
            ship(app, sidecar);
            copyVolume("app", "copy");
            try (App copiedApp = App.start(database("copy"));
                    Sidecar copied = sidecar("copy")) {
                awaitEpoch(2);
                ship(copiedApp, copied);
                assertThat(copied.ownerWaits()).isZero();

                app.sql("INSERT INTO log(note) VALUES ('too late')");
                awaitState(sidecar, DatabaseState.FAILED);
                assertThat(sidecar.error()).contains("Another writer has taken over");
                ship(copiedApp, copied);
                replica.assertSameAs(copiedApp);
            }
        }
    }

    /**
     * While nobody writes to it: a file that has been shipped is removed a moment later. The shared memory of SQLite and what
     * a compaction spills are no files to be copied.
     */
    private void copyVolume(String from, String to) throws IOException {
        Path source = folder.resolve(from);
        await().until(() -> {
            try (Stream<Path> staged = Files.list(StateFolder.beside(database(from)))) {
                return staged.noneMatch(file -> file.toString().endsWith(".ltx"));
            }
        });
        Path target = folder.resolve(to);
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path copy = target.resolve(source.relativize(file));
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else if (!file.toString().endsWith("-shm")
                        && !file.startsWith(StateFolder.spillBeside(database(from)))) {
                    Files.copy(file, copy);
                }
            }
        }
    }
}
