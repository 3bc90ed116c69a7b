package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sqlitereplica.sidecar.testing.NativeSqlite;
import io.sqlitereplica.sidecar.wal.PositionLostException.Reason;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logs as dying processes and SQLite's own defects leave them. */
class HostileLogTest {
    private static final String SYSTEM_LIBRARY = "libsqlite3.so.0";

    @TempDir
    Path folder;

    @Test
    void doesNotStageACommitThatWasWrittenButNeverPublished() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.assertImageIsDatabase();
            byte[] published = rig.shm().headers();
            App victim = App.start(rig.path);
            victim.sql("INSERT INTO t VALUES ('phantom')");
            victim.kill();
            rig.shm().putHeaders(published);

            rig.assertImageIsDatabase();
            assertThat(rig.app.sql("SELECT count(*) FROM t WHERE a = 'phantom'"))
                    .isEqualTo("0");
            for (int i = 0; i < 3; i++) {
                rig.commit(20);
                rig.tick();
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void hasSqliteRepairAHeaderThatAWriterLeftTorn() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.assertImageIsDatabase();
            byte[] before = rig.shm().headers();
            App victim = App.start(rig.path);
            victim.sql("INSERT INTO t VALUES ('written')");
            victim.kill();
            rig.shm().putFirstCopy(before);

            assertThat(rig.database().header().mxFrame()).isPositive();

            assertThat(rig.database().statistics().tornHeaders()).isEqualTo(1);
            assertThat(rig.app.sql("SELECT count(*) FROM t WHERE a = 'written'"))
                    .isEqualTo("1");
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void stagesPublishedFramesWithoutChecksumsAndHasThemBackfilled() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.assertImageIsDatabase();
            int before = rig.database().header().mxFrame();
            rig.commit(60_000);
            int end = rig.database().header().mxFrame();
            eraseChecksums(rig, before + 2, end - 3);

            PublishedHeader header = rig.database().header();
            rig.assertImageIsDatabase();

            assertThat(rig.database().statistics().zeroChecksumFrames()).isEqualTo(end - 3 - (before + 2) + 1);
            assertThat(rig.database().finishDue(header)).isTrue();
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            assertThat(rig.database().header().fullyBackfilled()).isTrue();
            rig.commit(10);
            rig.tick();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void stagesWhatAnOldSqlitePublishesWithoutChecksums() throws Exception {
        NativeSqlite sqlite = NativeSqlite.load(SYSTEM_LIBRARY);
        String version = sqlite == null ? "missing" : sqlite.version();
        Assumptions.assumeTrue(
                version.matches("3\\.([0-9]|[123][0-9]|4[0-5])\\..*|3\\.46\\.[01]"),
                "SKIPPED: " + SYSTEM_LIBRARY + " is " + version + ", not older than 3.46.2");
        try (Rig rig = new Rig(folder);
                App old = App.start(rig.path)) {
            for (String sql : List.of(
                    "PRAGMA wal_autocheckpoint=0",
                    "CREATE TABLE u(id INTEGER PRIMARY KEY, b BLOB)",
                    "INSERT INTO u WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s LIMIT 60)"
                            + " SELECT i, randomblob(3000) FROM s",
                    "PRAGMA cache_size=5",
                    "BEGIN",
                    "UPDATE u SET b = randomblob(3000) WHERE id <= 20",
                    "SAVEPOINT s",
                    "UPDATE u SET b = randomblob(3000) WHERE id BETWEEN 21 AND 40",
                    "UPDATE u SET b = randomblob(3000) WHERE id BETWEEN 30 AND 40",
                    "UPDATE u SET b = randomblob(3000) WHERE id BETWEEN 30 AND 40",
                    "ROLLBACK TO s",
                    "UPDATE u SET b = 'committed' WHERE id > 40",
                    "COMMIT",
                    "INSERT INTO u VALUES (1000, 'later')")) {
                old.command("native", SYSTEM_LIBRARY, sql);
            }
            rig.assertImageIsDatabase();
            assertThat(rig.database().statistics().zeroChecksumFrames()).isPositive();

            assertThat(rig.database().finishDue(rig.database().header())).isTrue();
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            old.command("native", SYSTEM_LIBRARY, "INSERT INTO u VALUES (1001, 'again')");
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void goesOnBehindACommitFrameWithoutChecksumButNotInAnotherLife() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(20_000);
            int end = rig.database().header().mxFrame();
            eraseChecksums(rig, end - 2, end);
            rig.assertImageIsDatabase();
            for (int i = 0; i < 3; i++) {
                rig.commit(5000);
                rig.tick();
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);

            eraseChecksums(
                    rig,
                    rig.database().header().mxFrame(),
                    rig.database().header().mxFrame());
            rig.letGo();
            assertThat(rig.follow()).isFalse();
            rig.assertImageIsDatabase();
        }
    }

    @Test
    void losesThePositionWhenThePublishedEndGoesBack() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.tick();
            int good = rig.database().header().mxFrame();
            rig.commit(20_000);
            rig.commit(20_000);
            rig.assertImageIsDatabase();
            eraseChecksums(rig, good + 2, good + 2);
            rig.shm().tear();

            PositionLostException lost = catchThrowableOfType(
                    PositionLostException.class, () -> rig.database().renew(rig.stager()));

            assertThat(lost.reason()).isEqualTo(Reason.WENT_BACK);
            assertThat(lost.rowsLostLocally()).isTrue();
            assertThat(rig.database().header().mxFrame()).isEqualTo(good);
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(2);
        }
    }

    @Test
    void losesThePositionWhenThePublishedEndWentBackAndOnAgain() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(10);
            rig.tick();
            int good = rig.database().header().mxFrame();
            rig.commit(20_000);
            rig.assertImageIsDatabase();
            eraseChecksums(rig, good + 2, good + 2);
            rig.shm().tear();
            for (int i = 0; i < 3; i++) {
                rig.commit(20_000);
            }
            assertThat(rig.database().header().mxFrame())
                    .isGreaterThan(rig.stager().requirePosition().frame());

            PositionLostException lost = catchThrowableOfType(
                    PositionLostException.class, () -> rig.database().renew(rig.stager()));

            assertThat(lost.reason()).isEqualTo(Reason.FRAME_CHANGED);
            assertThat(lost.rowsLostLocally()).isTrue();
            rig.assertImageIsDatabase();
        }
    }

    @Test
    void doesNotFollowANewGenerationWhenARecoveryDroppedTheWholeOldOne() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(20_000);
            rig.commit(20_000);
            rig.assertImageIsDatabase();
            long generation = rig.database().header().salts();
            eraseChecksums(rig, 1, 1);
            rig.shm().tear();
            // This connection recovers nothing, and starts a generation although our reader pins the old one.
            try (App other = App.start(rig.path)) {
                other.sql("CREATE TABLE IF NOT EXISTS t(a)");
                other.sql("INSERT INTO t VALUES ('new')");
            }
            assertThat(rig.database().header().salts()).isNotEqualTo(generation);
            assertThat(rig.database().header().mxFrame()).isPositive();

            assertThatThrownBy(() -> rig.database().renew(rig.stager())).isInstanceOf(PositionLostException.class);

            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(2);
        }
    }

    @Test
    void goesOnWhenAWriterDiedRightAfterItRestartedTheLog() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(20_000);
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.shm().restartLog();
            assertThat(rig.database().header().mxFrame()).isZero();
            rig.tick();
            rig.assertImageIsDatabase();

            rig.commit(3000);
            rig.tick();
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void goesOnWhenARecoveryBringsTheOldGenerationBack() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(20_000);
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            PublishedHeader old = rig.database().header();
            rig.shm().restartLog();
            rig.tick();
            rig.shm().tear();

            assertThat(rig.database().header().salts()).isEqualTo(old.salts());
            rig.assertImageIsDatabase();
            for (int i = 0; i < 5; i++) {
                rig.commit(5000);
                rig.tick();
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void reportsAPublishedFrameThatIsNotWhatWasPublished() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(20_000);
            int end = rig.database().header().mxFrame();
            int pageSize = rig.database().pageSize();
            try (RandomAccessFile wal = new RandomAccessFile(rig.wal().toFile(), "rw")) {
                wal.seek(32 + (end - 1L) * (24 + pageSize) + 24 + 77);
                int old = wal.read();
                wal.seek(wal.getFilePointer() - 1);
                wal.write(old ^ 1);
            }

            assertThatThrownBy(() -> rig.database().stage(rig.stager()))
                    .isInstanceOf(WalDamagedException.class)
                    .hasMessageContaining("Frame " + end)
                    .hasMessageContaining("wrong checksum");
        }
    }

    /** As SQLite before 3.46.2 leaves frames that it wrote twice in a transaction with a savepoint. */
    private static void eraseChecksums(Rig rig, int first, int last) throws IOException {
        try (RandomAccessFile wal = new RandomAccessFile(rig.wal().toFile(), "rw")) {
            for (int frame = first; frame <= last; frame++) {
                wal.seek(32 + (frame - 1L) * (24 + rig.database().pageSize()) + 8);
                wal.write(new byte[16]);
            }
        }
    }
}
