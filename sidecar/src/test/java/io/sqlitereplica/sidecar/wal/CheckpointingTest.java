package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the log restarts, and what the app's own checkpoints find. */
class CheckpointingTest {
    @TempDir
    Path folder;

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
    void holdsWritersBrieflyToFinishAndLetsThemGoAgain() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(100_000);
            long generation = rig.database().header().salts();
            assertThat(rig.database().barrier(rig.stager())).isEqualTo(FinishResult.DONE);
            assertThat(rig.database().statistics().barriers()).isEqualTo(1);
            assertThat(rig.database().statistics().held().seconds()).isPositive();

            rig.app.sql("PRAGMA busy_timeout=0");
            rig.commit(10);
            assertThat(rig.database().header().salts()).isNotEqualTo(generation);
            rig.assertImageIsDatabase();

            rig.app.sql("BEGIN IMMEDIATE");
            assertThat(rig.database().barrier(rig.stager())).isEqualTo(FinishResult.BUSY);
            assertThat(rig.database().statistics().barriersRefused()).isEqualTo(1);
            assertThat(rig.database().statistics().busy()).isEqualTo(1);
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
            rig.app.send("hammer", "main", "INSERT INTO t VALUES (randomblob(3000))", "10000");
            int generations = tickUntilTheAppIsDone(rig);
            assertThat(Integer.parseInt(rig.app.answer())).isPositive();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
            assertThat(generations).isPositive();
        }
    }

    /** It has the write lock nearly all the time, and each of its transactions began before the last frames were copied. */
    @ParameterizedTest
    @ValueSource(ints = {40_000, 80_000})
    void boundsTheLogOfAWriterWhoseTransactionsAreLongAndFollowEachOther(int work) throws Exception {
        try (Rig rig = new Rig(folder)) {
            writeLongTransactions(rig, work);
            int generations = tickUntilTheAppIsDone(rig);
            assertThat(Integer.parseInt(rig.app.answer())).isPositive();
            assertThat(generations)
                    .as("restarts of the log, %s", rig.database().statistics())
                    .isPositive();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void countsAFinishOnceWhenTheLogGoesOnAllTheSame() throws Exception {
        try (Rig rig = new Rig(folder)) {
            writeLongTransactions(rig, 40_000);
            int starved = 0;
            int restarts = 0;
            long generation = rig.database().header().salts();
            while (!rig.app.hasAnswer()) {
                PublishedHeader header = rig.database().header();
                restarts += header.salts() == generation ? 0 : 1;
                generation = header.salts();
                if (rig.database().finishDue(header)) {
                    starved += rig.database().finish(rig.stager()) == FinishResult.STARVED ? 1 : 0;
                    assertThat(rig.database().statistics().finishes()).isLessThanOrEqualTo(restarts + 2);
                }
            }
            assertThat(starved).isPositive();
            rig.app.answer();
            rig.assertImageIsDatabase();
        }
    }

    /** Returns how often the log was restarted. */
    private static int tickUntilTheAppIsDone(Rig rig) throws Exception {
        int generations = 0;
        long generation = rig.database().header().salts();
        while (!rig.app.hasAnswer()) {
            rig.tick();
            long now = rig.database().header().salts();
            generations += now == generation ? 0 : 1;
            generation = now;
        }
        return generations;
    }

    /** About 10 ms for 40,000. */
    private static void writeLongTransactions(Rig rig, int work) {
        rig.app.send(
                "hammer",
                "main",
                ("INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < %d)"
                                + " SELECT randomblob(%d) FROM (SELECT count(*) FROM c)")
                        .formatted(work, work / 4),
                Integer.toString(16_000_000 / work));
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

    @Test
    void neverTakesTheAppsSnapshotFromUnderIt() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(100_000);
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.app.on("deferred", "BEGIN");
            rig.app.on("deferred", "SELECT count(*) FROM t");
            rig.database().finish(rig.stager());
            rig.database().barrier(rig.stager());

            rig.app.on("deferred", "INSERT INTO t VALUES (1)");
            rig.app.on("deferred", "COMMIT");
            rig.assertImageIsDatabase();
        }
    }

    @Test
    void keepsTheAppFromLeavingWalMode() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.app.sql("PRAGMA busy_timeout=0");
            assertThatThrownBy(() -> rig.app.sql("PRAGMA journal_mode=DELETE")).hasMessageContaining("SQLITE_BUSY");
            rig.commit(100);
            rig.assertImageIsDatabase();
        }
    }
}
