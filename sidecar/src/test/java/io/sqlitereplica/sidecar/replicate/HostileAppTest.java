package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.wal.WalOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What apps, and code around the replicator, do that they should not. */
class HostileAppTest extends ReplicatorFixture {
    /** SQLite's locks in -shm: the read slots, and that someone has it open. */
    private static final long FIRST_READ_SLOT = 123;

    private static final long LAST_READ_SLOT = 127;
    private static final long OPEN = 128;

    /** The thread of the replication is virtual: nobody can find it. */
    @Test
    void keepsItsLocksAndGoesOnWhenItsSnapshotsAreInterrupted() throws Exception {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        ReplicatorOptions options = OPTIONS.withSnapshots(new Schedule.Every(Duration.ofMillis(200)));
        AtomicInteger interrupted = new AtomicInteger();
        try (App app = App.create(database, 4096);
                Replicator replicator = start(options)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            long seed = new Random().nextLong();
            System.out.println("HostileAppTest seed " + seed);
            app.write(seed, 100);
            await().pollInterval(Duration.ofMillis(5)).atMost(LONG).until(() -> {
                for (Thread thread : Thread.getAllStackTraces().keySet()) {
                    if (!before.contains(thread) && thread.getName().matches("snapshot-app")) {
                        thread.interrupt();
                        interrupted.incrementAndGet();
                    }
                }
                assertThat(ownLocks()).contains(OPEN).anyMatch(b -> b >= FIRST_READ_SLOT && b <= LAST_READ_SLOT);
                return interrupted.get() > 3
                        && app.written() > 100
                        && replicator.status().counters().snapshots() > 3;
            });

            app.pause();
            assertThat(replicator.shipNow(LONG)).isTrue();
            assertThat(replicator.status().counters().resyncs()).isZero();
            replica.assertSameAs(app);
        }
    }

    /** Where the byte ranges begin that this process has locked in -shm. */
    private List<Long> ownLocks() throws IOException {
        Object inode = Files.getAttribute(database.resolveSibling("app.db-shm"), "unix:ino");
        String pid = " " + ProcessHandle.current().pid() + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .filter(line -> line.contains(pid) && line.contains(":" + inode + " "))
                .map(line -> line.split(" +", -1))
                .flatMap(fields -> range(fields[fields.length - 2], fields[fields.length - 1]))
                .toList();
    }

    private static Stream<Long> range(String first, String last) {
        List<Long> bytes = new ArrayList<>();
        for (long b = Long.parseLong(first); b <= Long.parseLong(last); b++) {
            bytes.add(b);
        }
        return bytes.stream();
    }

    @Test
    void replicatesBesideMoreReadersThanThereAreSlotsAndHasTheLogRestartedOnceTheyAreGone() throws Exception {
        WalOptions small = new WalOptions(50, 20, Duration.ofSeconds(5));
        List<App> readers = new ArrayList<>();
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS.withWal(small))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            for (int i = 0; i < 6; i++) {
                app.sql("INSERT INTO log VALUES (" + i + ", 'before reader')");
                App reader = App.start(database);
                readers.add(reader);
                reader.sql("BEGIN");
                assertThat(reader.number("SELECT count(*) FROM log")).isEqualTo(i + 1);
            }
            app.fill(200);

            await().atMost(LONG)
                    .until(() ->
                            Objects.requireNonNull(replicator.status().wal()).heldByReader());
            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
            assertThat(Objects.requireNonNull(replicator.status().wal()).barriers())
                    .isZero();

            readers.forEach(App::close);
            await().atMost(LONG)
                    .until(() ->
                            Objects.requireNonNull(replicator.status().wal()).finishes() > 0);
            assertThat(replicator.status().counters().resyncs()).isZero();
        } finally {
            readers.forEach(App::close);
        }
    }

    @Test
    void goesOnWhenAnAppWantsTheDatabaseForItselfButDoesNotGetIt() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            try (App greedy = App.start(database)) {
                greedy.sql("PRAGMA locking_mode=EXCLUSIVE");
                assertThatThrownBy(() -> greedy.sql("INSERT INTO log VALUES (1, 'alone')"))
                        .hasMessageContaining("SQLITE_BUSY");
            }
            app.sql("INSERT INTO log VALUES (2, 'together')");

            assertThat(replicator.shipNow(LONG)).isTrue();
            replica.assertSameAs(app);
        }
    }

    @Test
    void followsADatabaseThatWasReplacedWhileItWasDown() throws Exception {
        Path other = folder.resolve("other.db");
        try (App app = App.create(database, 4096)) {
            app.fill(10);
            replicateOnce();
        }
        try (App app = App.create(other, 4096)) {
            app.sql("INSERT INTO log VALUES (5, 'other')");
        }
        Files.move(other, database, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        try (App app = App.start(database)) {
            replicateOnce();
            replica.assertSameAs(app);
        }
    }

    @Test
    void leavesTheReplicaAloneWhenThePageSizeWasChangedWhileItWasDown() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'with the old size')");
            replicateOnce();
            app.sql("PRAGMA journal_mode=DELETE");
            app.sql("PRAGMA page_size=8192");
            app.sql("VACUUM");
            app.sql("PRAGMA journal_mode=WAL");
            assertThat(app.number("PRAGMA page_size")).isEqualTo(8192);

            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.FAILED);
                assertThat(replicator.status().error())
                        .contains(database.toString(), "8192", "4096", "PRAGMA page_size=4096");
                assertThat(replicator.startedUp()).isTrue();
            }
            assertThat(replica.files(0)).hasSizeLessThan(2);
            Files.delete(replica.restore());

            app.sql("PRAGMA journal_mode=DELETE");
            app.sql("PRAGMA page_size=4096");
            app.sql("VACUUM");
            app.sql("PRAGMA journal_mode=WAL");
            replicateOnce();
            replica.assertSameAs(app);
        }
    }

    private void replicateOnce() throws Exception {
        try (Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            assertThat(replicator.stop(LONG)).isTrue();
        }
    }
}
