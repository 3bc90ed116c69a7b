package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.testing.SidecarProcess;
import io.sqlitereplica.sidecar.testing.SmallVolume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The disk is full, read-only, broken or not ours: the app goes on, people are told, and nothing is lost when it ends. */
class DiskFaultTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private Path mountPoint;
    private Path database;
    private Path destination;
    private Replica replica;

    @BeforeEach
    void openReplica() throws IOException {
        mountPoint = Files.createDirectory(folder.resolve("volume"));
        database = mountPoint.resolve("app.db");
        destination = folder.resolve("destination");
        replica = new Replica(destination);
    }

    @AfterEach
    void closeReplica() {
        replica.close();
    }

    private SidecarProcess start() throws IOException {
        return SidecarProcess.start(folder, new SidecarProcess.Settings(database, "file:" + destination));
    }

    private void assertNothingIsLost(SidecarProcess sidecar, App app) throws IOException {
        try {
            await().atMost(LONG).until(() -> sidecar.state().equals("replicating") && sidecar.ship());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(sidecar.status() + "\n" + sidecar.log(), e);
        }
        assertThat(sidecar.error()).isEmpty();
        assertThat(sidecar.status().get("lagSeconds").asDouble()).isZero();
        replica.assertSameAs(app);
    }

    /** The destination is gone, and cannot be made. */
    private void breakDestination() throws IOException {
        Files.move(destination, folder.resolve("away"));
        Files.writeString(destination, "not a folder");
    }

    private void healDestination() throws IOException {
        Files.delete(destination);
        Files.move(folder.resolve("away"), destination);
    }

    private long stagedBytes() throws IOException {
        long bytes = 0;
        try (var files = Files.newDirectoryStream(StateFolder.beside(database), "*.{ltx,tmp}")) {
            for (Path file : files) {
                bytes += Files.size(file);
            }
        } catch (NoSuchFileException e) {
            return stagedBytes(); // one went away meanwhile
        }
        return bytes;
    }

    @Test
    void leavesTheLastTenthOfTheVolumeToTheApp() throws Exception {
        try (SmallVolume volume = SmallVolume.mount(mountPoint, 48);
                App app = App.create(database, 4096);
                SidecarProcess sidecar = start()) {
            app.fill(100);
            app.sql("PRAGMA wal_autocheckpoint=50");
            sidecar.awaitReplicating();
            assertThat(sidecar.ship()).isTrue();
            breakDestination();
            long tenth = volume.totalBytes() / 10;
            volume.fillUpTo(3 * tenth / 2);

            for (int i = 1; !sidecar.error().contains("Staging is full"); i++) {
                app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id % 4 = " + i % 4);
                assertThat(stagedBytes()).isLessThanOrEqualTo(tenth);
                assertThat(volume.freeBytes()).isGreaterThan(tenth / 2); // the WAL takes some, too
                assertThat(i).as(sidecar.log()).isLessThan(2000);
            }
            await().atMost(LONG).until(() -> stagedBytes() < tenth / 4);
            assertThat(sidecar.status().get("lagSeconds").asDouble()).isPositive();
            volume.fillUpTo(tenth / 2);
            Path wal = mountPoint.resolve("app.db-wal");
            long before = Files.size(wal);
            for (int i = 1; i <= 50; i++) {
                app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id = " + i);
            }
            // Its WAL has room, for nobody keeps it from being restarted.
            assertThat(Files.size(wal)).isLessThan(before + 100_000);
            assertThat(volume.freeBytes()).as(sidecar.log()).isGreaterThan(tenth / 8);

            healDestination();
            assertNothingIsLost(sidecar, app);
        }
    }

    @Test
    void saysThatTheVolumeIsFullAndGoesOnWhenThereIsRoom() throws Exception {
        try (SmallVolume volume = SmallVolume.mount(mountPoint, 32);
                App app = App.create(database, 4096);
                SidecarProcess sidecar = start()) {
            app.fill(100);
            sidecar.awaitReplicating();
            assertThat(sidecar.ship()).isTrue();
            // A file that is deleted only now would make room for what follows.
            await().atMost(LONG).until(() -> stagedBytes() == 0);
            assertThat(app.sql("PRAGMA wal_checkpoint(RESTART)")).isEqualTo("0");
            volume.fillUpTo(0);

            // The WAL's file has been longer: the app needs no room.
            app.sql("INSERT INTO log VALUES (1, 'on a full disk')");
            await().atMost(LONG).until(() -> sidecar.error().contains("full"));
            assertThat(sidecar.error()).contains(database.toString()).contains("Make room");
            app.sql("INSERT INTO log VALUES (2, 'on a full disk')");
            await().atMost(LONG).until(() -> sidecar.status().get("lagSeconds").asDouble() > 0);

            volume.makeRoom();
            assertNothingIsLost(sidecar, app);
        }
    }

    @Test
    void saysThatTheVolumeIsReadOnlyAndGoesOnWhenItCanBeWritten() throws Exception {
        try (SmallVolume volume = SmallVolume.mount(mountPoint, 32);
                App app = App.create(database, 4096);
                SidecarProcess sidecar = start()) {
            sidecar.awaitReplicating();
            volume.makeReadOnly();
            app.sql("INSERT INTO log VALUES (1, 'through a file that was open')");
            await().atMost(LONG).until(() -> sidecar.error().contains("Mount it for writing"));
            app.sql("INSERT INTO log VALUES (2, 'through a file that was open')");

            volume.makeWritable();
            assertNothingIsLost(sidecar, app);
        }
    }

    /** The state folder alone is on the disk whose fsync fails: what the app writes is safe, and is the truth. */
    @Test
    void trustsNothingThatAnFsyncFailedFor() throws Exception {
        Path state = Files.createDirectory(StateFolder.beside(database));
        try (SmallVolume volume = SmallVolume.mount(state, 48);
                App app = App.create(database, 4096);
                SidecarProcess sidecar = start()) {
            app.fill(500);
            sidecar.awaitReplicating();
            assertThat(sidecar.ship()).isTrue();

            volume.breakFreeBlocks();
            app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id % 2 = 0");
            await().atMost(LONG).until(() -> !sidecar.error().isEmpty());
            assertThat(sidecar.error()).contains(database.toString()).containsAnyOf("disk fails", "is full");
            app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id % 3 = 0");

            volume.heal();
            assertNothingIsLost(sidecar, app);
        }
    }

    @Test
    void shipsWhatAnFsyncFailedForAlsoAfterAPowerLoss() throws Exception {
        Path state = Files.createDirectory(StateFolder.beside(database));
        try (SmallVolume volume = SmallVolume.mount(state, 48);
                App app = App.create(database, 4096)) {
            app.fill(500);
            try (SidecarProcess sidecar = start()) {
                sidecar.awaitReplicating();
                assertThat(sidecar.ship()).isTrue();
                volume.breakFreeBlocks();
                app.sql("UPDATE data SET bytes=randomblob(3000) WHERE id % 2 = 0");
                await().atMost(LONG).until(() -> !sidecar.error().isEmpty());
                sidecar.kill();
            }
            volume.heal();
            volume.remount(); // what could not be written is gone
            try (SidecarProcess sidecar = start()) {
                assertNothingIsLost(sidecar, app);
            }
        }
    }

    @Test
    void namesTheOwnerOfAStateFolderThatWeMayNotUse() throws Exception {
        SmallVolume.requireRoot();
        Path state = Files.createDirectory(StateFolder.beside(database));
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            Files.setAttribute(state, "unix:uid", 12345);
            Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwx------"));
            try (SidecarProcess sidecar = SidecarProcess.start(
                    folder,
                    new SidecarProcess.Settings(database, "file:" + destination)
                            .behind("setpriv", "--inh-caps=-all", "--bounding-set=-all"))) {
                await().atMost(LONG).until(() -> !sidecar.error().isEmpty());
                assertThat(sidecar.error())
                        .contains(state.toString())
                        .contains("uid 12345")
                        .contains("uid 0")
                        .contains("Run the sidecar as the user");

                Files.setAttribute(state, "unix:uid", 0);
                assertNothingIsLost(sidecar, app);
            }
        }
    }

    @Test
    void namesTheOwnerOfADatabaseThatWeMayNotUse() throws Exception {
        SmallVolume.requireRoot();
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            for (String file : new String[] {"app.db", "app.db-wal", "app.db-shm"}) {
                Files.setAttribute(mountPoint.resolve(file), "unix:uid", 12345);
                Files.setPosixFilePermissions(mountPoint.resolve(file), PosixFilePermissions.fromString("rw-------"));
            }
            try (SidecarProcess sidecar = SidecarProcess.start(
                    folder,
                    new SidecarProcess.Settings(database, "file:" + destination)
                            .behind("setpriv", "--inh-caps=-all", "--bounding-set=-all"))) {
                await().atMost(LONG).until(() -> !sidecar.error().isEmpty());
                assertThat(sidecar.error()).contains(database.toString(), "uid 12345", "uid 0");

                for (String file : new String[] {"app.db", "app.db-wal", "app.db-shm"}) {
                    Files.setAttribute(mountPoint.resolve(file), "unix:uid", 0);
                }
                assertNothingIsLost(sidecar, app);
            }
        }
    }
}
