package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.Folders;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Databases that match a pattern, in a folder of a volume, with a replica each in a folder. */
class GlobWatchTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration LOOKS = Duration.ofSeconds(1);
    private static final ReplicatorOptions OPTIONS = ReplicatorFixture.OPTIONS;

    @TempDir
    private Path folder;

    private Path data;
    private Path destination;
    private final List<Watched> sidecars = new ArrayList<>();

    @BeforeEach
    void makeVolume() throws IOException {
        data = Files.createDirectory(folder.resolve("data"));
        destination = folder.resolve("destination");
    }

    @AfterEach
    void stopAll() throws Exception {
        for (Watched sidecar : sidecars) {
            sidecar.stop();
        }
    }

    /** A watch and its replicators, as a process has them. */
    private final class Watched implements GlobWatch.Destination {
        final BufferPool pool = new BufferPool(8 << 20);
        final ReplicaStores stores = new ReplicaStores(CredentialsSource.environment(), pool);
        final Replicators replicators = new Replicators();
        final ReplicaUrl url = new ReplicaUrl.Folder(destination);
        final ReplicatorOptions options;
        final GlobWatch watch;
        private boolean stopped;

        Watched(ReplicatorOptions options) {
            this.options = options;
            this.watch = new GlobWatch(
                    new DatabaseGlob("tenants", data.resolve("*.db")),
                    this,
                    options,
                    replicators,
                    Duration.ofMillis(200));
            watch.start();
            sidecars.add(this);
        }

        @Override
        public ReplicaStore above() {
            return stores.open(url);
        }

        @Override
        public ReplicaStore of(String fileName) {
            return stores.open(url.child(fileName));
        }

        @Override
        public Replicator replicator(DatabaseSpec database, String fileName) {
            return new Replicator(database, of(fileName), options, pool, new SnapshotTurns(), CloseMode.STOPPING);
        }

        @Override
        public boolean isElsewhere(Path file) {
            return file.endsWith("elsewhere.db");
        }

        Set<String> names() {
            return Set.copyOf(replicators.all().stream()
                    .map(replicator -> replicator.status().name())
                    .toList());
        }

        Replicator of(Path database) {
            return replicators.all().stream()
                    .filter(replicator -> replicator.status().path().equals(database))
                    .findFirst()
                    .orElseThrow();
        }

        void awaitStartedUp() {
            await().atMost(LONG)
                    .until(() -> watch.startedUp() && replicators.all().stream().allMatch(Replicator::startedUp));
        }

        void awaitReplicating(String... names) {
            Set<String> expected =
                    Set.copyOf(Stream.of(names).map(name -> "tenants/" + name).toList());
            await().atMost(LONG).untilAsserted(() -> assertThat(names()).isEqualTo(expected));
            await().atMost(LONG)
                    .until(() -> replicators.all().stream()
                            .allMatch(replicator -> replicator.status().state() == DatabaseState.REPLICATING));
        }

        void close() {
            stopped = true;
            watch.stop();
            replicators.close();
            replicators.all().forEach(Replicator::close);
        }

        boolean stop() throws InterruptedException {
            if (stopped) {
                return true;
            }
            stopped = true;
            watch.stop();
            replicators.close();
            boolean shipped = true;
            for (Replicator replicator : replicators.all()) {
                shipped &= replicator.stop(LONG);
                replicator.close();
            }
            return shipped;
        }
    }

    private Path tenant(String name, int rows) {
        Path database = data.resolve(name);
        try (App app = App.create(database, 4096)) {
            for (int row = 1; row <= rows; row++) {
                app.sql("INSERT INTO log VALUES (" + row + ", '" + name + "')");
            }
        }
        return database;
    }

    private static void delete(Path database) throws IOException {
        for (String suffix : List.of("", "-wal", "-shm")) {
            Files.deleteIfExists(database.resolveSibling(database.getFileName() + suffix));
        }
    }

    private long rows(Path database, RestorePoint point) throws Exception {
        try (Replica replica = new Replica(destination.resolve(database.getFileName()))) {
            Path restored = replica.restore(point);
            try (App app = App.start(restored)) {
                return app.number("SELECT count(*) FROM log");
            } finally {
                delete(restored);
            }
        }
    }

    @Test
    void takesWhatIsThereAndWhatComes() throws Exception {
        Path first = tenant("a.db", 1);
        Files.writeString(data.resolve("notes.txt"), "no database");
        Files.writeString(data.resolve("elsewhere.db"), "of another entry");
        Files.createDirectory(data.resolve("folder.db"));
        Watched sidecar = new Watched(OPTIONS);
        sidecar.awaitReplicating("a.db");
        assertThat(sidecar.watch.status()).isEmpty();

        Path second = tenant("b.db", 3);

        sidecar.awaitReplicating("a.db", "b.db");
        assertThat(sidecar.stop()).isTrue();
        assertThat(rows(first, RestorePoint.NEWEST)).isEqualTo(1);
        assertThat(rows(second, RestorePoint.NEWEST)).isEqualTo(3);
    }

    @Test
    void waitsForAFolderAndSaysSo() throws Exception {
        Files.delete(data);
        Watched sidecar = new Watched(OPTIONS);
        sidecar.awaitStartedUp();
        assertThat(sidecar.watch.status().map(DatabaseStatus::state)).contains(DatabaseState.WAITING);
        Files.createDirectory(data);
        tenant("a.db", 1);
        sidecar.awaitReplicating("a.db");
    }

    @Test
    void restoresWhatOnlyTheDestinationHasBeforeTheAppStarts() throws Exception {
        for (String name : List.of("a.db", "b.db", "c.db")) {
            tenant(name, 2);
        }
        Watched before = new Watched(OPTIONS);
        before.awaitReplicating("a.db", "b.db", "c.db");
        assertThat(before.stop()).isTrue();
        Folders.delete(data); // and its folder

        Watched sidecar = new Watched(OPTIONS);
        sidecar.awaitStartedUp();

        for (String name : List.of("a.db", "b.db", "c.db")) {
            try (App app = App.start(data.resolve(name))) {
                assertThat(app.number("SELECT count(*) FROM log")).isEqualTo(2);
            }
        }
        sidecar.awaitReplicating("a.db", "b.db", "c.db");
    }

    @Test
    void doesNotRestoreWhatTheAppDeleted() throws Exception {
        Path deleted = tenant("deleted.db", 1);
        tenant("kept.db", 1);
        Watched first = new Watched(OPTIONS);
        first.awaitReplicating("deleted.db", "kept.db");
        try (App app = App.start(deleted)) {
            app.sql("INSERT INTO log VALUES (2, 'the last')");
            delete(deleted);
        }
        first.awaitReplicating("kept.db");
        assertThat(first.stop()).isTrue();
        assertThat(rows(deleted, RestorePoint.NEWEST))
                .as("what was committed just before")
                .isEqualTo(2);

        for (boolean volumeLost : new boolean[] {false, true}) {
            if (volumeLost) {
                Folders.delete(data);
                Files.createDirectory(data);
            }
            Watched next = new Watched(OPTIONS);
            next.awaitStartedUp();
            next.awaitReplicating("kept.db");
            assertThat(deleted).doesNotExist();
            assertThat(next.stop()).isTrue();
        }
    }

    @Test
    void restoresWhatSomebodyDeletedWithAllThatBelongsToIt() throws Exception {
        Path database = tenant("a.db", 1);
        Watched first = new Watched(OPTIONS);
        first.awaitReplicating("a.db");
        for (Path file : List.of(database, StateFolder.beside(database))) {
            Folders.delete(file);
        }
        delete(database);
        Thread.sleep(4 * LOOKS.toMillis()); // it could be marked by then
        first.close();

        Watched next = new Watched(OPTIONS);
        next.awaitReplicating("a.db");
        assertThat(rows(database, RestorePoint.NEWEST)).isEqualTo(1);
        assertThat(database).exists();
    }

    @Test
    void goesOnWithANewDatabaseInThePlaceOfADeletedOne() throws Exception {
        Path database = tenant("a.db", 1);
        Watched first = new Watched(OPTIONS);
        first.awaitReplicating("a.db");
        RestorePoint old = new RestorePoint.AtTxId(first.of(database).status().replicatedTxId());
        delete(database);
        first.awaitReplicating();

        tenant("a.db", 5);
        first.awaitReplicating("a.db");
        assertThat(first.of(database).shipNow(LONG)).isTrue();
        assertThat(rows(database, RestorePoint.NEWEST)).isEqualTo(5);
        delete(database);
        first.awaitReplicating();
        assertThat(first.stop()).isTrue();

        Folders.delete(StateFolder.beside(database));
        Watched next = new Watched(OPTIONS);
        next.awaitStartedUp();
        tenant("a.db", 7);
        next.awaitReplicating("a.db");
        assertThat(next.stop()).isTrue();
        assertThat(rows(database, RestorePoint.NEWEST)).isEqualTo(7);
        assertThat(rows(database, old)).as("the first of that name").isEqualTo(1);

        Folders.delete(data);
        Files.createDirectory(data);
        Watched restoring = new Watched(OPTIONS);
        restoring.awaitStartedUp();
        assertThat(database).as("it was made again").exists();
    }

    @Test
    void oneBadDatabaseDoesNotStopTheOthers() throws Exception {
        Path good = tenant("good.db", 1);
        Files.writeString(data.resolve("bad.db"), "not a database, and longer than a header: ".repeat(10));
        Watched sidecar = new Watched(OPTIONS);
        await().atMost(LONG)
                .until(() -> sidecar.replicators.all().stream()
                        .anyMatch(replicator -> replicator.status().state() == DatabaseState.FAILED));
        await().atMost(LONG).until(() -> sidecar.of(good).status().state() == DatabaseState.REPLICATING);
        assertThat(sidecar.of(good).shipNow(LONG)).isTrue();
        assertThat(rows(good, RestorePoint.NEWEST)).isEqualTo(1);

        Files.delete(data.resolve("bad.db"));
        sidecar.awaitReplicating("good.db");
    }

    @Test
    void holdsTheAppBackUntilTheDestinationSaysWhatThereIs() throws Exception {
        tenant("a.db", 1);
        Watched first = new Watched(OPTIONS);
        first.awaitReplicating("a.db");
        await().atMost(LONG).until(() -> Files.exists(data.resolve(".tenants-sqlitereplica-complete")));
        assertThat(first.stop()).isTrue();
        Path away = Files.move(destination, folder.resolve("away"));
        Files.writeString(destination, "not a folder");

        Watched complete = new Watched(OPTIONS);
        complete.awaitStartedUp();
        complete.close();

        Folders.delete(data);
        Files.createDirectory(data);
        Watched empty = new Watched(OPTIONS);
        await().atMost(LONG)
                .until(() -> empty.watch
                        .status()
                        .map(DatabaseStatus::error)
                        .filter(error -> error.startsWith("Which databases are to be restored is not known: "))
                        .isPresent());
        assertThat(empty.watch.startedUp()).isFalse();
        Files.delete(destination);
        Files.move(away, destination);
        empty.awaitStartedUp();
        assertThat(data.resolve("a.db")).exists();
    }

    @Test
    void aNewDatabaseIsNotMeantByARestoreRequest() throws Exception {
        Path old = tenant("old.db", 1);
        Watched first = new Watched(OPTIONS);
        first.awaitReplicating("old.db");
        assertThat(first.stop()).isTrue();
        ReplicatorOptions request = OPTIONS.withPodFolder(Files.createDirectory(folder.resolve("pod")))
                .withRestoreRequest(new RestoreRequest("now", RestorePoint.NEWEST));

        Watched sidecar = new Watched(request);
        sidecar.awaitReplicating("old.db");
        assertThat(sidecar.of(old).status().restore()).isNotNull();
        Path later = tenant("later.db", 3);
        sidecar.awaitReplicating("old.db", "later.db");

        assertThat(sidecar.of(later).status().restore()).isNull();
        assertThat(sidecar.stop()).isTrue();
        assertThat(rows(later, RestorePoint.NEWEST)).isEqualTo(3);
    }

    @Test
    void leavesTheAppAloneWhenItRunsAlready() throws Exception {
        ReplicatorOptions options = OPTIONS.withPodFolder(Files.createDirectory(folder.resolve("pod")));
        tenant("a.db", 1);
        Path lost = tenant("lost.db", 1);
        Watched first = new Watched(options);
        first.awaitReplicating("a.db", "lost.db");
        assertThat(first.stop()).isTrue();
        delete(lost);

        Watched restarted = new Watched(options);
        restarted.awaitReplicating("a.db");
        assertThat(lost).doesNotExist();
    }

    @Test
    void matchesNamesAsAShellDoes() {
        DatabaseGlob glob = new DatabaseGlob("t", Path.of("/data/*"));
        assertThat(Stream.of("a.db", "x", ".hidden", "a.db-wal", "a.db-shm", "a.db-journal", ".a.db-sqlitereplica")
                        .filter(glob::matches))
                .containsExactly("a.db", "x");
        assertThat(Optional.of(new DatabaseGlob("t", Path.of("/data/tenant-[0-9]?.{db,sqlite}"))))
                .hasValueSatisfying(
                        some -> assertThat(Stream.of("tenant-12.db", "tenant-1.db", "tenant-x1.db", "tenant-12.sqlite")
                                        .filter(some::matches))
                                .containsExactly("tenant-12.db", "tenant-12.sqlite"));
    }
}
