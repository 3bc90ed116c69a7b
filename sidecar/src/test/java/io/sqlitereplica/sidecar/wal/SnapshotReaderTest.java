package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SnapshotReaderTest {
    @TempDir
    Path folder;

    private Path spill;

    @BeforeEach
    void makeSpillFolder() throws Exception {
        spill = Files.createDirectory(folder.resolve("spill"));
    }

    @ParameterizedTest(name = "page_size={0}, {1} pages a reading")
    @CsvSource({"512,1", "512,7", "512,512", "4096,1", "4096,64", "65536,1", "65536,4"})
    void showsOneCommitWhileTheAppWritesAndCheckpoints(int pageSize, int pagesAtOnce) throws Exception {
        try (Rig rig = new Rig(folder, Rig.SMALL, "PRAGMA page_size=" + pageSize)) {
            rig.commit(40 * pageSize);
            rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            rig.commit(20 * pageSize);
            rig.app.serialize("main", folder.resolve("at-begin"));
            try (SnapshotReader snapshot = rig.database().snapshot(spill)) {
                assertThat(snapshot.header().fullyBackfilled()).isFalse();
                assertShows(rig, snapshot, pagesAtOnce, folder.resolve("at-begin"));
            }
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
        assertThat(spill).isEmptyDirectory();
    }

    @Test
    void showsTheFileAloneWhenTheLogIsBackfilled() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(200_000);
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.app.serialize("main", folder.resolve("at-begin"));
            try (SnapshotReader snapshot = rig.database().snapshot(spill)) {
                assertThat(snapshot.header().fullyBackfilled()).isTrue();
                assertShows(rig, snapshot, 3, folder.resolve("at-begin"));
            }
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void showsAGenerationThatBeganUnderAReaderInSlotZero() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(200_000);
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
            rig.commit(100_000); // restarts the log
            rig.app.serialize("main", folder.resolve("at-begin"));
            try (SnapshotReader snapshot = rig.database().snapshot(spill)) {
                assertThat(snapshot.header().backfilled()).isZero();
                assertShows(rig, snapshot, 3, folder.resolve("at-begin"));
            }
        }
    }

    @Test
    void showsAnEmptyLogsDatabase() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(100_000);
            rig.app.send("row", "main", "PRAGMA wal_checkpoint(TRUNCATE)");
            while (!rig.app.hasAnswer()) {
                rig.tick();
            }
            assertThat(rig.app.answer()).startsWith("0|");
            rig.app.serialize("main", folder.resolve("at-begin"));
            try (SnapshotReader snapshot = rig.database().snapshot(spill)) {
                assertThat(snapshot.header().mxFrame()).isZero();
                assertShows(rig, snapshot, 5, folder.resolve("at-begin"));
            }
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    @Test
    void pinsTheLogOnlyWhileItIsOpen() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(600_000);
            PublishedHeader header = rig.database().header();
            try (SnapshotReader snapshot = rig.database().snapshot(spill)) {
                assertThat(snapshot.pageCount()).isEqualTo(header.pageCount());
                assertThat(rig.database().finishDue(header)).isFalse();
                assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.HELD_BY_READER);
                assertThat(rig.database().barrierDue(header)).isFalse();
                assertThatThrownBy(() -> rig.database().close()).isInstanceOf(IllegalStateException.class);
            }
            assertThat(rig.database().finishDue(header)).isTrue();
            assertThat(rig.database().finish(rig.stager())).isEqualTo(FinishResult.DONE);
        }
    }

    @Test
    void isAPositionFromWhichTheLogGoesOn() throws Exception {
        try (Rig rig = new Rig(folder)) {
            for (int i = 0; i < 10; i++) {
                rig.commit(20_000);
                if (i % 3 == 0) {
                    rig.tick();
                }
                if (i % 4 == 0) {
                    rig.database().finish(rig.stager());
                }
                try (SnapshotReader snapshot = rig.database().snapshot(spill)) {
                    rig.commit(5000);
                    rig.stager().copy(snapshot);
                    rig.stager().continueFrom(snapshot.position());
                }
                rig.commit(100);
                rig.assertImageIsDatabase();
            }
            assertThat(rig.stager().resyncs()).isEqualTo(1);
        }
    }

    /** Reads slowly: between any two readings the app writes, checkpoints or vacuums, and all of that is followed. */
    private void assertShows(Rig rig, SnapshotReader snapshot, int pagesAtOnce, Path expected) throws Exception {
        byte[] image = Files.readAllBytes(expected);
        int pageSize = snapshot.pageSize();
        assertThat(snapshot.pageCount() * pageSize).isEqualTo(image.length);
        ByteBuffer buffer = ByteBuffer.allocateDirect(pagesAtOnce * pageSize + 100);
        int offset = 0;
        for (int i = 0; ; i++) {
            int count = snapshot.nextPages(buffer.clear());
            if (count == 0) {
                break;
            }
            byte[] read = new byte[count * pageSize];
            buffer.flip().get(read);
            assertThat(read).isEqualTo(Arrays.copyOfRange(image, offset, offset + read.length));
            offset += read.length;
            if (i < 40) {
                disturb(rig, i);
            }
        }
        assertThat(offset).isEqualTo(image.length);
    }

    private static void disturb(Rig rig, int i) throws Exception {
        switch (i % 4) {
            case 0 -> rig.commit(30_000);
            case 1 -> rig.app.sql("UPDATE t SET a = randomblob(length(a)) WHERE rowid % 2 = 0");
            case 2 -> rig.app.row("PRAGMA wal_checkpoint(PASSIVE)");
            default -> rig.app.sql(i % 8 == 3 ? "VACUUM" : "DELETE FROM t WHERE rowid % 3 = 0");
        }
        rig.tick();
    }
}
