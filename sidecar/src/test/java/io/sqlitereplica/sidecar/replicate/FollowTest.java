package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Follower;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.restore.RestoreException;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.testing.Folders;
import io.sqlitereplica.sidecar.testing.KillCalls;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A database that follows a replica while others read it. */
@Timeout(120)
class FollowTest extends ReplicatorFixture {
    private Path copies;
    private Path followed;
    private Path log;

    @BeforeEach
    void nameFiles() throws IOException {
        copies = Files.createDirectory(folder.resolve("reader"));
        followed = copies.resolve("copy.db");
        log = folder.resolve("follow.log");
    }

    private Process follow() {
        return ChildJvm.start(FollowMain.class, List.of(destination.toString(), followed.toString()), log);
    }

    private static void end(Process process) throws Exception {
        process.getOutputStream().close();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
    }

    private String log() throws IOException {
        return Files.exists(log) ? Files.readString(log) : "";
    }

    private void awaitApplied(TxId txId) {
        await().atMost(LONG).untilAsserted(() -> assertThat(log()).contains("txid=" + txId));
    }

    /** The database is that of the replica but for what says how it is used. */
    private void assertFollowed() throws IOException {
        byte[] expected = Files.readAllBytes(replica.restore());
        byte[] found = Files.readAllBytes(followed);
        for (int at : new int[] {18, 19, 24, 25, 26, 27, 28, 29, 30, 31, 92, 93, 94, 95}) {
            found[at] = expected[at];
        }
        assertThat(found).isEqualTo(expected);
        try (Stream<Path> files = Files.list(copies)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("copy.db", ".copy.db-following");
        }
    }

    @Test
    @Tag("e2e")
    void showsReadersWholeTransactionsOnlyWhateverKillsIt() throws Exception {
        Random random = new Random(7);
        try (App app = App.create(database, 1024);
                Replicator replicator = start(COMPACTING.withMaxWalBytes(1 << 20))) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.write(7, 150);
            await().atMost(LONG).until(() -> replica.files(0).size() > 3);
            Process follower = follow();
            await().atMost(LONG).until(() -> Files.exists(followed));
            Process reader = ChildJvm.start(ReaderMain.class, List.of(), List.of(followed.toString()));
            for (int kill = 0; kill < 12; kill++) {
                Thread.sleep(600 + random.nextInt(900));
                follower.destroyForcibly().waitFor();
                follower = follow();
            }
            app.pause();
            assertThat(replicator.shipNow(LONG)).isTrue();
            awaitApplied(replicator.status().replicatedTxId());
            end(follower);

            try (OutputStream in = reader.getOutputStream();
                    BufferedReader out = reader.inputReader(StandardCharsets.UTF_8)) {
                in.write('\n');
                in.flush();
                assertThat(Long.parseLong(String.valueOf(out.readLine()))).isGreaterThan(12);
            }
            assertThat(reader.waitFor()).isZero();
            assertFollowed();
        }
    }

    /** Killed at many of its calls that change something, with two transactions to apply. */
    @Test
    @Tag("e2e")
    @Timeout(600)
    void isWholeWhereverItIsKilled() throws Exception {
        KillCalls calls = KillCalls.compile(folder).orElse(null);
        Assumptions.assumeTrue(calls != null, "SKIPPED: kills at system calls");
        Path before = folder.resolve("before");
        try (App app = App.create(database, 1024);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.write(7, 30);
            await().atMost(LONG).until(() -> app.written() > 20);
            app.pause();
            assertThat(replicator.shipNow(LONG)).isTrue();
            TxId newest = replicator.status().replicatedTxId();
            Process follower = follow();
            awaitApplied(newest);
            end(follower);
            Folders.copy(copies, before);
            for (int transaction = 0; transaction < 2; transaction++) {
                long written = app.written();
                app.write(transaction, 30);
                await().atMost(LONG).until(() -> app.written() > written + 3);
                app.pause();
                assertThat(replicator.shipNow(LONG)).isTrue();
            }
            newest = replicator.status().replicatedTxId();

            int kills = 0;
            Random random = new Random(11);
            for (boolean after : new boolean[] {false, true}) {
                boolean killed = true;
                for (int count = 1; killed; count += 1 + random.nextInt(count)) {
                    Folders.delete(copies);
                    Folders.copy(before, copies);
                    Files.deleteIfExists(log);
                    Process victim = ChildJvm.start(
                            FollowMain.class,
                            List.of(),
                            List.of(destination.toString(), followed.toString()),
                            log,
                            calls.environment(
                                    KillCalls.Calls.on(
                                            "*/reader/*copy.db*",
                                            "write",
                                            "pwrite64",
                                            "fsync",
                                            "fdatasync",
                                            "ftruncate64",
                                            "unlink",
                                            "rename"),
                                    count,
                                    after,
                                    folder.resolve("deaths")));
                    TxId last = newest;
                    await().atMost(LONG).until(() -> !victim.isAlive() || log().contains("txid=" + last));
                    killed = !victim.isAlive();
                    if (killed) {
                        kills++;
                        Process reader = ChildJvm.start(ReaderMain.class, List.of(), List.of(followed.toString()));
                        reader.getOutputStream().write('\n');
                        reader.getOutputStream().flush();
                        assertThat(reader.waitFor()).as("after kill %d", kills).isZero();
                    } else {
                        end(victim);
                    }
                    Process survivor = follow();
                    awaitApplied(last);
                    end(survivor);
                    assertFollowed();
                }
            }
            assertThat(kills).isGreaterThan(8);
        }
    }

    @Test
    void goesOnWithWhatIsLeftAfterAPause() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.fill(2000);
            assertThat(replicator.shipNow(LONG)).isTrue();
            Process follower = follow();
            awaitApplied(replicator.status().replicatedTxId());
            end(follower);
            assertFollowed();

            for (int i = 0; i < 5; i++) {
                app.sql("INSERT INTO log VALUES (" + (i + 1) + ", 'while away')");
                assertThat(replicator.shipNow(LONG)).isTrue();
            }
            app.sql("DELETE FROM log");
            app.sql("VACUUM"); // the database becomes shorter
            assertThat(replicator.shipNow(LONG)).isTrue();
            TxId newest = replicator.status().replicatedTxId();
            assertThat(replicator.stop(LONG)).isTrue();
            try (Replicator _ = start(OPTIONS.withSnapshots(new Schedule.Every(Duration.ofMillis(1))))) {
                await().atMost(LONG)
                        .until(() -> replica.files(9).stream()
                                .anyMatch(file -> file.name().max().equals(newest)));
            }
            // Retention, as far as it may go: what is left begins with a snapshot.
            List<ReplicaFile> old = replica.files(0).stream()
                    .filter(file -> file.name().max().compareTo(newest) < 0)
                    .toList();
            replica.store().delete(old);

            follower = follow();
            awaitApplied(newest);
            end(follower);
            assertFollowed();
        }
    }

    @Test
    void refusesADatabaseThatSomebodyElseWrote() throws Exception {
        try (App app = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            Process follower = follow();
            await().atMost(LONG).until(() -> Files.exists(followed));
            end(follower);
            try (App other = App.start(followed)) {
                other.sql("PRAGMA journal_mode=DELETE");
                other.sql("CREATE TABLE mine(a)");
            }
            app.sql("INSERT INTO log VALUES (1, 'more')");
            assertThat(replicator.shipNow(LONG)).isTrue();

            assertThatThrownBy(() -> follower(followed).run(Progress.Listener.NONE))
                    .isInstanceOf(RestoreException.class)
                    .hasMessageContaining("Somebody else has written to " + followed);
        }
    }

    @Test
    void refusesAnotherHistoryAndWhatItDidNotMake() throws Exception {
        try (App _ = App.create(database, 4096);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            Process follower = follow();
            await().atMost(LONG).until(() -> Files.exists(followed));
            end(follower);
        }
        assertThatThrownBy(() -> follower(database).run(Progress.Listener.NONE))
                .hasMessageContaining("There is a file " + database + " already, and it does not follow a replica");

        Folders.delete(destination);
        Files.delete(database);
        closeReplica();
        openReplica();
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'another history')");
        }
        try (App app = App.start(database);
                Replicator replicator = start(OPTIONS)) {
            awaitState(replicator, DatabaseState.REPLICATING);
            app.sql("INSERT INTO log VALUES (2, 'goes on')");
            assertThat(replicator.shipNow(LONG)).isTrue();
            assertThat(replica.files(0)).extracting(ReplicaFile::name).contains(LtxFileName.of(new TxId(2)));

            assertThatThrownBy(() -> follower(followed).run(Progress.Listener.NONE))
                    .hasMessageContaining("it continues another state than " + followed + " has");
        }
    }

    private Follower follower(Path path) {
        return new Follower(replica.store(), path, new BufferPool(4 << 20), Duration.ofMillis(20));
    }
}
