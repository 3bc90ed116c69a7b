package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException.Reason;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RefusalTest {
    private static final WalOptions IMPATIENT = new WalOptions(100, 20, Duration.ofMillis(200));

    @TempDir
    Path folder;

    private DatabaseRefusedException refusal(Path path) {
        return catchThrowableOfType(
                DatabaseRefusedException.class,
                () -> WalDatabase.open(path, new BufferPool(1 << 20), IMPATIENT).close());
    }

    private static void assertRefused(DatabaseRefusedException refused, Reason reason, Path path, String... words) {
        assertThat(refused).isNotNull();
        assertThat(refused.reason()).isEqualTo(reason);
        assertThat(refused).hasMessageStartingWith(path + ": ");
        for (String word : words) {
            assertThat(refused).hasMessageContaining(word);
        }
    }

    @Test
    void whatDoesNotExist() {
        Path path = folder.resolve("app.db");
        assertRefused(refusal(path), Reason.MISSING, path, "does not exist");
        assertThat(refusal(path).mayPass()).isTrue();
        assertThat(path).doesNotExist();
        Path below = folder.resolve("no/app.db");
        assertRefused(refusal(below), Reason.MISSING, below, "folder");
    }

    @Test
    void whatIsNotAFile() {
        assertRefused(refusal(folder), Reason.NOT_A_FILE, folder);
    }

    @Test
    void whatIsEmpty() throws Exception {
        Path path = Files.createFile(folder.resolve("app.db"));
        assertRefused(refusal(path), Reason.EMPTY, path);
        assertThat(refusal(path).mayPass()).isTrue();
    }

    @Test
    void whatIsNotADatabase() throws Exception {
        Path path = Files.writeString(folder.resolve("app.db"), "Dear diary, ".repeat(1000));
        assertRefused(refusal(path), Reason.NOT_A_DATABASE, path, "encrypted");
        Files.writeString(path, "SQLite format 3\0");
        assertRefused(refusal(path), Reason.NOT_A_DATABASE, path);
    }

    @Test
    void whatALaterSqliteWrote() throws Exception {
        Path path = folder.resolve("app.db");
        ByteBuffer page = ByteBuffer.allocate(4096).put("SQLite format 3\0".getBytes(StandardCharsets.US_ASCII));
        page.putShort(16, (short) 4096).put(18, (byte) 3).put(19, (byte) 3);
        Files.write(path, page.array());
        assertRefused(refusal(path), Reason.NOT_A_DATABASE, path, "version 3");
    }

    @Test
    void whatTheAppKeepsToItself() throws Exception {
        Path path = folder.resolve("app.db");
        try (App app = App.start(path)) {
            app.sql("PRAGMA locking_mode=EXCLUSIVE");
            app.sql("PRAGMA journal_mode=WAL");
            app.sql("CREATE TABLE t(a)");

            assertRefused(refusal(path), Reason.LOCKED, path, "locking_mode=EXCLUSIVE", "locking_mode=NORMAL");
            assertThat(refusal(path).mayPass()).isTrue();

            app.sql("INSERT INTO t VALUES (1)");
        }
    }

    @Test
    void whatBelongsToAnotherUser() throws Exception {
        Path path = folder.resolve("app.db");
        try (App app = App.start(path)) {
            app.sql("PRAGMA journal_mode=WAL");
            app.sql("CREATE TABLE t(a)");
        }
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r--r--r--"));
        DatabaseRefusedException refused = Files.isWritable(path)
                ? new DatabaseOpener(path, new BufferPool(1 << 20), IMPATIENT).noPermission(path) // to root nothing is
                : refusal(path);
        Object uid = Files.getAttribute(path, "unix:uid");
        assertRefused(refused, Reason.NO_PERMISSION, path, "belongs to uid " + uid, "we run as uid " + uid);
        assertThat(refused.mayPass()).isFalse();
    }

    @Test
    void notADatabaseInARollbackJournalModeWhichIsSwitched() throws Exception {
        Path path = folder.resolve("app.db");
        try (App app = App.start(path)) {
            app.sql("CREATE TABLE t(a)");
            app.sql("BEGIN IMMEDIATE");
            assertRefused(refusal(path), Reason.NOT_WAL, path, "delete", "PRAGMA journal_mode=WAL");
            assertThat(refusal(path).mayPass()).isTrue();
            app.sql("COMMIT");

            try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20), IMPATIENT)) {
                assertThat(database.switchedToWal()).isTrue();
                app.sql("INSERT INTO t VALUES (1)");
                assertThat(app.sql("PRAGMA journal_mode")).isEqualTo("wal");
                assertThat(database.header().mxFrame()).isPositive();
            }
            try (WalDatabase database = WalDatabase.open(path, new BufferPool(1 << 20), IMPATIENT)) {
                assertThat(database.switchedToWal()).isFalse();
            }
        }
    }

    @Test
    void notOneBehindASymbolicLinkOrWithAStrangeName() throws Exception {
        Path real = Files.createDirectory(folder.resolve("a b%20?c#d+e")).resolve("ü'\"&=.db");
        Path link = Files.createSymbolicLink(folder.resolve("link.db"), real);
        try (App app = App.start(real)) {
            app.sql("PRAGMA journal_mode=WAL");
            app.sql("CREATE TABLE t(a)");
            try (WalDatabase database = WalDatabase.open(link, new BufferPool(1 << 20), IMPATIENT)) {
                assertThat(database.path()).isEqualTo(link);
                int before = database.header().mxFrame();
                app.sql("INSERT INTO t VALUES (1)");
                assertThat(database.header().mxFrame()).isGreaterThan(before);
            }
        }
        try (var files = Files.list(real.getParent())) {
            assertThat(files.map(file -> file.getFileName().toString()).filter(name -> !name.startsWith("ü")))
                    .isEmpty();
        }
    }
}
