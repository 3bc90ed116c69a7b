package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
