package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who closes last, and what is left of the log. */
class ClosingTest {
    @TempDir
    Path folder;

    private Path path;
    private Path wal;

    @BeforeEach
    void nameFiles() {
        path = folder.resolve("app.db");
        wal = folder.resolve("app.db-wal");
    }

    private App startApp() {
        App app = App.start(path);
        app.sql("PRAGMA journal_mode=WAL");
        app.sql("CREATE TABLE t(a)");
        app.sql("INSERT INTO t VALUES (randomblob(50000))");
        return app;
    }

    @Test
    void keepsTheLogWhenItLetsGoAfterTheApp() throws Exception {
        App app = startApp();
        WalPosition position;
        byte[] log;
        try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
            app.sql("INSERT INTO t VALUES ('last')");
            app.close();
            position = database.header().position();
            log = Files.readAllBytes(wal);
        }
        assertThat(wal).hasBinaryContent(log);
        assertContinuesAt(position);
    }

    @Test
    void keepsTheLogWhenItLetsGoBeforeTheApp() throws Exception {
        try (App app = startApp()) {
            WalPosition position;
            try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
                position = database.header().position();
            }
            app.sql("INSERT INTO t VALUES ('more')");
            assertContinuesAt(position);
        }
    }

    @Test
    void keepsTheLogWhenItsProcessStopsAfterTheApp() throws Exception {
        App app = startApp();
        try (App sidecar = App.start(SidecarMain.class, path.toString(), folder.toString())) {
            sidecar.command("stage");
            app.close();
            byte[] log = Files.readAllBytes(wal);
            sidecar.command("stop");
            sidecar.awaitEnd();
            assertThat(wal).hasBinaryContent(log);
        }
        assertSidecarGoesOn();
    }

    @Test
    void keepsTheLogWhenItsProcessIsKilled() throws Exception {
        App app = startApp();
        try (App sidecar = App.start(SidecarMain.class, path.toString(), folder.toString())) {
            sidecar.command("stage");
            app.close();
            sidecar.kill();
        }
        assertSidecarGoesOn();
    }

    @Test
    void losesTheLogToAnAppThatClosesLast() throws Exception {
        WalPosition position;
        try (App app = startApp()) {
            try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
                position = database.header().position();
            }
            app.sql("INSERT INTO t VALUES ('more')");
        }
        assertThat(wal).doesNotExist();
        try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
            assertThat(database.continuesAt(position)).isFalse();
        }
    }

    @Test
    void leavesTheLogOfADatabaseThatTookThePlaceOfItsOwn() throws Exception {
        Path other = folder.resolve("other.db");
        try (App app = App.start(other)) {
            app.sql("CREATE TABLE t(a)");
        }
        App before = startApp();
        try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
            before.close();
            Files.delete(wal);
            Files.delete(folder.resolve("app.db-shm"));
            Files.move(other, path, StandardCopyOption.REPLACE_EXISTING);
            App after = App.start(path);
            after.sql("PRAGMA journal_mode=WAL");
            after.sql("INSERT INTO t VALUES ('new')");
            assertThat(database.wasReplaced()).isTrue();

            database.close(CloseMode.RELEASE);

            assertThat(wal).exists();
            assertThat(deletedFilesHeldOpen()).isEmpty();
            after.sql("INSERT INTO t VALUES ('newer')");
            after.kill();
        }
        try (App app = App.start(path)) {
            assertThat(app.sql("SELECT count(*) FROM t")).isEqualTo("2");
            assertThat(app.sql("PRAGMA integrity_check")).isEqualTo("ok");
        }
    }

    @Test
    void givesBackTheSpaceOfADeletedDatabase() throws Exception {
        App app = startApp();
        try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
            app.sql("INSERT INTO t VALUES ('last')");
            for (Path file : List.of(path, wal, folder.resolve("app.db-shm"))) {
                Files.delete(file);
            }
            app.kill();
            assertThat(deletedFilesHeldOpen()).isNotEmpty();

            database.close(CloseMode.RELEASE);

            assertThat(deletedFilesHeldOpen()).isEmpty();
        }
    }

    /** Of this process, and below the folder. */
    private List<String> deletedFilesHeldOpen() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .flatMap(descriptor -> {
                        try {
                            return Stream.of(Files.readSymbolicLink(descriptor).toString());
                        } catch (IOException e) {
                            return Stream.empty(); // closed meanwhile
                        }
                    })
                    .filter(file -> file.startsWith(folder.toString()) && file.endsWith(" (deleted)"))
                    .toList();
        }
    }

    @Test
    void leavesALogThatIsAboutToRestartRestarted() throws Exception {
        try (Rig rig = new Rig(folder, WalOptions.DEFAULTS)) {
            rig.app.sql("PRAGMA wal_autocheckpoint=1000");
            rig.commit(3_500_000);
            PublishedHeader full = rig.database().header();
            assertThat(full.mxFrame()).isBetween(750, 999);
            Thread app = Thread.ofPlatform().start(() -> {
                Awaitility.await().until(() -> rig.database().statistics().finishes() == 1);
                rig.commit(10);
            });
            rig.database().prepareStop(rig.stager());
            app.join();
            rig.commit(10);
            rig.letGo();

            assertThat(rig.follow()).isTrue();
            assertThat(rig.database().header().salts()).isNotEqualTo(full.salts());
            rig.assertImageIsDatabase();
            assertThat(rig.stager().resyncs()).isZero();
        }
    }

    @Test
    void leavesAShortLogAsItIs() throws Exception {
        try (Rig rig = new Rig(folder)) {
            rig.commit(100_000);
            rig.tick();
            PublishedHeader before = rig.database().header();
            rig.database().prepareStop(rig.stager());
            assertThat(rig.database().header().backfilled()).isEqualTo(before.backfilled());
            assertThat(rig.database().header().position()).isEqualTo(before.position());
        }
    }

    private void assertContinuesAt(WalPosition position) throws Exception {
        try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20))) {
            assertThat(database.continuesAt(position)).isTrue();
        }
    }

    /** What a sidecar that comes back stages is the database, and it needed no second look at all of it. */
    private void assertSidecarGoesOn() {
        try (App app = App.start(path);
                App sidecar = App.start(SidecarMain.class, path.toString(), folder.toString())) {
            app.sql("INSERT INTO t VALUES ('after')");
            assertThat(sidecar.command("stage")).startsWith("continued");
            app.serialize("main", folder.resolve("expected"));
            assertThat(folder.resolve("image")).hasSameBinaryContentAs(folder.resolve("expected"));
            sidecar.kill();
        }
    }
}
