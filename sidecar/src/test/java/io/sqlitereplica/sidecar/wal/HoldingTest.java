package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HoldingTest {
    @TempDir
    Path folder;

    @Test
    void followsCommitsAndLeavesNoGapBetweenReaders() throws Exception {
        try (Rig rig = new Rig(folder)) {
            for (int i = 0; i < 50; i++) {
                rig.commit(1 + i * 500);
                rig.tick();
            }
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
            assertThat(rig.database().statistics().renewals()).isGreaterThanOrEqualTo(50);
        }
    }

    @Test
    void keepsTheLogFromRestartingWhileAFrameIsNotStaged() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.tick();
            long generation = rig.database().header().salts();
            for (int i = 0; i < 20; i++) {
                rig.commit(5000);
                rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            }
            assertThat(rig.database().header().salts()).isEqualTo(generation);
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void keepsTheOldReaderWhenStagingFails() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.tick();
            long generation = rig.database().header().salts();
            rig.commit(20_000);
            for (int i = 0; i < 5; i++) {
                assertThatThrownBy(() -> rig.database().renew(_ -> {
                            throw new IOException("No space");
                        }))
                        .hasMessage("No space");
                rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
                rig.commit(10);
            }
            assertThat(rig.database().header().salts()).isEqualTo(generation);
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void refusesAStagerThatStopsShort() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            WalPosition behind = rig.stager().requirePosition();

            assertThatThrownBy(() -> rig.database().renew(_ -> behind)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void letsTheNextCommitRestartTheLogOnceAllIsStaged() throws Exception {
        try (Rig rig = new Rig(folder)) {
            for (int round = 0; round < 5; round++) {
                rig.commit(200_000);
                PublishedHeader full = rig.database().header();
                assertThat(full.mxFrame()).isGreaterThan(40);

                assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
                rig.commit(10);

                PublishedHeader restarted = rig.database().header();
                assertThat(restarted.salts()).isNotEqualTo(full.salts());
                assertThat(restarted.mxFrame()).isLessThan(10);
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);
            assertThat(rig.database().statistics().finishes()).isEqualTo(5);
        }
    }

    @ParameterizedTest(name = "wal_autocheckpoint={0}")
    @ValueSource(ints = {0, 1, 7, 50, 80, 1000})
    void keepsTheLogShortWhateverTheAppsAutocheckpoint(int pages) throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.app.sql("PRAGMA wal_autocheckpoint=" + pages);
            int longest = 0;
            for (int i = 0; i < 200; i++) {
                rig.commit(10_000);
                rig.tick();
                longest = Math.max(longest, rig.database().header().mxFrame());
            }
            rig.assertImageIsDatabase();
            assertThat(longest).isLessThan(3 * Rig.SMALL.finishPages());
            assertThat(rig.stager().resyncs()).isEqualTo(1);
            assertThat(rig.database().statistics().barriers()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PASSIVE", "FULL", "RESTART", "TRUNCATE"})
    void letsTheAppCheckpointInEveryMode(String mode) throws Exception {
        try (Rig rig = new Rig(folder)) {
            for (int round = 0; round < 6; round++) {
                rig.commit(round % 2 == 0 ? 30_000 : 10);
                if (round % 3 == 0) {
                    rig.tick();
                }
                rig.app.send("row", "main", "PRAGMA wal_checkpoint(" + mode + ")");
                while (!rig.app.hasAnswer()) {
                    rig.tick();
                    Thread.onSpinWait();
                }
                assertThat(rig.app.answer()).startsWith("0|");
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void doesNotFollowAGenerationWhenFramesOfTheOneBeforeWereNeverSeen() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.assertImageIsDatabase();
            rig.letGo();
            rig.app.sql("UPDATE t SET a = 'unseen'");
            rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            // Our first reader lands in slot 0: it does not keep the log from restarting.
            assertThat(rig.follow()).isTrue();
            rig.commit(10);

            PositionLostException lost = catchThrowableOfType(
                    PositionLostException.class, () -> rig.database().stage(rig.stager()));

            assertThat(lost.reason()).isEqualTo(PositionLostException.Reason.RESTARTED);
            assertThat(lost.rowsLostLocally()).isFalse();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void followsAGenerationThatBeginsRightAfterTheStart() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.assertImageIsDatabase();
            rig.letGo();
            rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            assertThat(rig.follow()).isTrue();
            rig.commit(10);

            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isZero();
        }
    }

    @Test
    void goesOnInTheLogAfterAPause() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(50_000);
            rig.assertImageIsDatabase();
            rig.letGo();
            for (int i = 0; i < 5; i++) {
                rig.commit(50_000);
            }
            assertThat(rig.follow()).isTrue();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isZero();

            rig.letGo();
            rig.app.row("PRAGMA wal_checkpoint(TRUNCATE)");
            rig.commit(10);
            assertThat(rig.follow()).isFalse();
        }
    }

    @Test
    void followsAnEmptyLogIntoItsFirstGeneration() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.letGo();
            rig.app.row("PRAGMA wal_checkpoint(TRUNCATE)");
            rig.follow();
            rig.stager().resync();
            assertThat(rig.database().header().mxFrame()).isZero();
            int resyncs = rig.stager().resyncs();
            for (int i = 0; i < 3; i++) {
                rig.app.row("PRAGMA wal_checkpoint(TRUNCATE)");
                rig.tick();
                rig.commit(5000);
                rig.assertImageIsDatabase();
                assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            }
            assertThat(rig.stager().resyncs()).isEqualTo(resyncs);
        }
    }

    @Test
    void saysThatAnotherReaderPinsTheLog() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.tick();
            rig.app.on("reader", "BEGIN");
            rig.app.on("reader", "SELECT count(*) FROM t");
            rig.commit(100_000);

            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.HELD_BY_READER);
            assertThat(rig.database().statistics().heldByReader()).isTrue();
            assertThat(rig.database().barrierDue(rig.database().header())).isFalse();

            rig.app.on("reader", "COMMIT");
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            assertThat(rig.database().statistics().heldByReader()).isFalse();
            rig.assertImageIsDatabase();
        }
    }

    @Test
    void renewsBesideMoreReadersThanThereAreSlots() throws Exception {
        try (Rig rig = new Rig(folder)) {
            for (int i = 0; i < 6; i++) {
                rig.commit(1000);
                rig.app.on("reader" + i, "BEGIN");
                rig.app.on("reader" + i, "SELECT count(*) FROM t");
                assertThat(rig.database().renew(rig.stager())).isTrue();
                rig.assertImageIsDatabase();
            }
            long generation = rig.database().header().salts();
            for (int i = 0; i < 6; i++) {
                rig.app.disconnect("reader" + i);
                rig.commit(1000);
                rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            }
            assertThat(rig.database().header().salts()).isEqualTo(generation);
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void holdsWritersBrieflyToFinishAndLetsThemGoAgain() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(100_000);
            long generation = rig.database().header().salts();
            assertThat(rig.database().barrier(rig.stager())).isEqualTo(FinishResult.DONE);
            assertThat(rig.database().statistics().barriers()).isEqualTo(1);
            assertThat(rig.database().statistics().barrierSeconds()).isPositive();

            rig.app.sql("PRAGMA busy_timeout=0");
            rig.commit(10);
            assertThat(rig.database().header().salts()).isNotEqualTo(generation);
            rig.assertImageIsDatabase();

            rig.app.sql("BEGIN IMMEDIATE");
            assertThat(rig.database().barrier(rig.stager())).isEqualTo(FinishResult.BUSY);
            assertThat(rig.database().statistics().barriersRefused()).isEqualTo(1);
            rig.app.sql("COMMIT");
        }
    }

    @Test
    void letsWritersGoWhenStagingFailsWhileTheyAreHeld() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.app.sql("PRAGMA busy_timeout=0");
            rig.commit(100_000);
            for (int failing = 1; failing <= 4; failing++) {
                int fails = failing;
                int[] calls = {0};
                assertThatThrownBy(() -> rig.database().barrier(published -> {
                            if (++calls[0] == fails) {
                                throw new IOException("No space");
                            }
                            return rig.stager().stage(published);
                        }))
                        .hasMessage("No space");
                rig.commit(10);
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void boundsTheLogOfAWriterThatNeverPauses() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.app.send("hammer", "main", "INSERT INTO t VALUES (randomblob(3000))", "3000");
            int generations = 0;
            long generation = rig.database().header().salts();
            while (!rig.app.hasAnswer()) {
                rig.tick();
                long now = rig.database().header().salts();
                generations += now == generation ? 0 : 1;
                generation = now;
            }
            assertThat(Integer.parseInt(rig.app.answer())).isPositive();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
            assertThat(generations).isPositive();
        }
    }

    @Test
    void closesAllButTheHeldReaderWhenIdle() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(1000);
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.commit(1000);
            rig.tick();
            rig.database().closeIdleConnections();
            long generation = rig.database().header().salts();
            rig.commit(10_000);
            rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            rig.commit(1000);

            assertThat(rig.database().header().salts()).isEqualTo(generation);
            rig.assertImageIsDatabase();
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.commit(1);
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @ParameterizedTest(name = "page_size={0} auto_vacuum={1}")
    @CsvSource({"512,0", "512,1", "1024,2", "4096,0", "4096,1", "4096,2", "16384,2", "65536,0", "65536,1"})
    void followsEveryKindOfTransaction(int pageSize, int autoVacuum) throws Exception {
        try (Rig rig = new Rig(folder, Rig.SMALL, "PRAGMA page_size=" + pageSize, "PRAGMA auto_vacuum=" + autoVacuum)) {
            assertThat(rig.database().pageSize()).isEqualTo(pageSize);
            rig.app.sql("PRAGMA cache_size=5");
            for (String sql : List.of(
                    "CREATE TABLE u(k INTEGER PRIMARY KEY, v BLOB)",
                    "INSERT INTO u SELECT value, randomblob(value * 13) FROM generate_series(1, 300)",
                    "CREATE INDEX ui ON u(v)",
                    "BEGIN",
                    "UPDATE u SET v = randomblob(900) WHERE k % 3 = 0",
                    "SAVEPOINT s",
                    "DELETE FROM u WHERE k > 100",
                    "UPDATE u SET v = randomblob(1700)",
                    "ROLLBACK TO s",
                    "UPDATE u SET v = randomblob(1500) WHERE k < 50",
                    "COMMIT",
                    "BEGIN",
                    "DELETE FROM u",
                    "ROLLBACK",
                    "DELETE FROM u WHERE k % 2 = 0",
                    "PRAGMA incremental_vacuum(10)",
                    "VACUUM",
                    "DROP INDEX ui",
                    "DELETE FROM u WHERE k > 20",
                    "VACUUM")) {
                rig.app.sql(sql.replace("generate_series(1, 300)", SERIES));
                rig.tick();
            }
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    private static final String SERIES =
            "(WITH RECURSIVE s(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM s LIMIT 300) SELECT value FROM s)";

    @Test
    void keepsItsLocksWhenItsThreadIsInterrupted() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10_000);
            rig.tick();
            rig.commit(10_000);
            List<String> before = ownLocks(rig);
            assertThat(before).isNotEmpty();
            Thread.currentThread().interrupt();
            try {
                rig.database().header();
                rig.database().stage(rig.stager());
            } catch (ClosedByInterruptException e) {
                // the test's own image is a channel
            } finally {
                assertThat(Thread.interrupted()).isTrue();
            }
            assertThat(ownLocks(rig)).isEqualTo(before);
        }
    }

    /** The byte ranges that this process has locked in -shm. */
    private static List<String> ownLocks(Rig rig) throws IOException {
        Object inode = Files.getAttribute(rig.folder.resolve("app.db-shm"), "unix:ino");
        String pid = " " + ProcessHandle.current().pid() + " ";
        return Files.readAllLines(Path.of("/proc/locks")).stream()
                .filter(line -> line.contains(pid) && line.contains(":" + inode + " "))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .sorted()
                .toList();
    }

    @Test
    void noticesThatTheDatabaseWasReplaced() throws Exception {
        try (Rig rig = new Rig(folder)) {
            assertThat(rig.database().wasReplaced()).isFalse();
            Files.move(rig.path, folder.resolve("old.db"));
            assertThat(rig.database().wasReplaced()).isTrue();
            Files.writeString(rig.path, "another");
            assertThat(rig.database().wasReplaced()).isTrue();
            Files.move(folder.resolve("old.db"), rig.path, StandardCopyOption.REPLACE_EXISTING);
            assertThat(rig.database().wasReplaced()).isFalse();
        }
    }

    @Test
    void tellsWhenTheAppRunsACheckpoint() throws Exception {
        try (Rig rig = new Rig(folder, new WalOptions(1000, 20, Duration.ofSeconds(5)))) {
            rig.commit(10);
            rig.tick();
            assertThat(rig.database().checkpointRunsElsewhere()).isFalse();
            rig.commit(10);
            rig.app.send("row", "main", "PRAGMA wal_checkpoint(RESTART)");
            Awaitility.await().until(() -> rig.database().checkpointRunsElsewhere());
            while (!rig.app.hasAnswer()) {
                rig.tick();
            }
            assertThat(rig.app.answer()).startsWith("0|");
            assertThat(rig.database().checkpointRunsElsewhere()).isFalse();
        }
    }
}
