package io.sqlitereplica.sidecar.compact;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxEncoder;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.storage.CreateResult;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.testing.Peer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three weeks of a database by a clock of its own: syncs, compaction, snapshots and retention as they come, and every now and
 * then restores of what must still be there, by us and by Litestream, which plans in its own way.
 */
@Tag("e2e")
class WeeksTest {
    private static final int PAGE_SIZE = 4096;
    private static final Duration STEP = Duration.ofMinutes(10);
    private static final Duration LENGTH = Duration.ofDays(21);
    private static final Duration SNAPSHOTS = Duration.ofDays(1);
    private static final Duration CHECKS = Duration.ofHours(31);
    private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
    private static final RetentionTimes RETENTION = RetentionTimes.of(Duration.ofDays(7));
    private static final CompactionLevels LEVELS =
            new CompactionLevels(List.of(Duration.ofMinutes(30), Duration.ofHours(4), Duration.ofDays(1)));

    @TempDir
    private Path folder;

    private final BufferPool pool = new BufferPool(12 << 20);
    private final Random random = new Random(21);

    /** The checksum of the file, and when it was committed, by TXID. */
    private final Map<TxId, Long> contents = new HashMap<>();

    private final Map<TxId, Instant> times = new HashMap<>();
    private FileReplicaStore store;
    private Path database;
    private byte[] image = {};
    private TxId txId = TxId.ZERO;
    private int restores;

    @BeforeEach
    void begin() {
        database = folder.resolve("app.db");
        store = new FileReplicaStore(folder.resolve("replica"), pool);
    }

    @Test
    void everyPointOfTheLastWeekCanBeRestored() throws Exception {
        Path litestream = Peer.litestream();
        Path replica = folder.resolve("replica");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            commit(connection, "CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)", START);
            put(9, LtxFileName.of(txId), new byte[0], START);
            ReplicaTail tail = ReplicaTail.list(store, LEVELS);
            Instant end = START.plus(LENGTH);
            Instant nextSnapshot = START.plus(SNAPSHOTS);
            Instant nextCheck = START.plus(CHECKS);
            for (Instant now = START.plus(STEP); now.isBefore(end); now = now.plus(STEP)) {
                byte[] before = image;
                commit(connection, change(), now);
                tail.add(put(0, LtxFileName.of(txId), before, now));
                for (Optional<Merge> due = tail.due(now); due.isPresent(); due = tail.due(now)) {
                    tail.merged(
                            due.get(),
                            Compaction.run(due.get(), store, folder, pool, () -> {})
                                    .file());
                }
                if (!now.isBefore(nextSnapshot)) {
                    nextSnapshot = nextSnapshot.plus(SNAPSHOTS);
                    put(9, new LtxFileName(new TxId(1), txId), new byte[0], now);
                }
                new Retention(store, RETENTION, store::delete).run(now, random.nextInt(20) == 0);
                if (!now.isBefore(nextCheck)) {
                    nextCheck = nextCheck.plus(CHECKS);
                    check(now, litestream, replica);
                }
            }
            check(end, litestream, replica);
        }
        assertThat(count(0)).as("syncs that are left").isLessThan(20);
        assertThat(count(1)).as("of half an hour").isLessThan(2 * 24 * 10);
        assertThat(count(9)).as("snapshots of eight days").isBetween(7L, 10L);
    }

    private String change() {
        return switch (random.nextInt(12)) {
            case 0 -> "DELETE FROM t WHERE id % 3 = " + random.nextInt(3);
            case 1 -> "UPDATE t SET x = randomblob(900) WHERE id % 7 = " + random.nextInt(7);
            default -> "INSERT INTO t(x) SELECT randomblob(700) FROM generate WHERE n < " + (1 + random.nextInt(8));
        };
    }

    private void commit(Connection connection, String sql, Instant now) throws SQLException, IOException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(
                    sql.replace("FROM generate", "FROM (SELECT value AS n FROM json_each('[0,1,2,3,4,5,6,7,8]'))"));
        }
        if (random.nextInt(300) == 0) {
            try (Statement statement = connection.createStatement()) {
                statement.executeUpdate("VACUUM");
            }
        }
        image = Files.readAllBytes(database);
        txId = txId.next();
        contents.put(txId, checksum(image));
        times.put(txId, now);
    }

    private static long checksum(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes);
        return crc.getValue();
    }

    /** Puts a file with the pages that differ from those before. */
    private ReplicaFile put(int level, LtxFileName name, byte[] before, Instant now) throws IOException {
        Path file = folder.resolve("next.ltx");
        LtxHeader header = new LtxHeader(
                PAGE_SIZE,
                image.length / PAGE_SIZE,
                name.min(),
                name.max(),
                now,
                false,
                name.isSnapshot() ? 0 : databaseChecksum(before),
                WalRange.NONE,
                0);
        try (FileChannel out = FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
                LtxEncoder encoder = new LtxEncoder(out, header, folder, pool)) {
            for (int at = 0; at < image.length; at += PAGE_SIZE) {
                boolean same =
                        at < before.length && Arrays.equals(image, at, at + PAGE_SIZE, before, at, at + PAGE_SIZE);
                if (!same) {
                    encoder.page(1 + at / PAGE_SIZE, ByteBuffer.wrap(image, at, PAGE_SIZE));
                }
            }
            encoder.finish(databaseChecksum(image));
        }
        assertThat(store.create(level, name, now, file)).isEqualTo(CreateResult.CREATED);
        return new ReplicaFile(level, name, Files.size(file), now);
    }

    private static long databaseChecksum(byte[] pages) {
        long checksum = 0;
        for (int at = 0; at < pages.length; at += PAGE_SIZE) {
            checksum ^= PageChecksum.of(1 + at / PAGE_SIZE, ByteBuffer.wrap(pages, at, PAGE_SIZE));
        }
        return checksum | PageChecksum.FLAG;
    }

    private long count(int level) throws IOException {
        List<ReplicaFile> files = new ArrayList<>();
        store.list(level, files::add);
        return files.size();
    }

    /** The newest point, some TXIDs that a file ends with, and some times of the last week. */
    private void check(Instant now, Path litestream, Path replica) throws Exception {
        List<ReplicaFile> retained = new ArrayList<>();
        for (int level = 0; level <= 9; level++) {
            store.list(level, file -> {
                if (!file.timestamp().isBefore(now.minus(RETENTION.points()))) {
                    retained.add(file);
                }
            });
        }
        assertRestores(RestorePoint.NEWEST, txId);
        assertThat(peer(litestream, replica)).isEqualTo(contents.get(txId));
        for (int i = 0; i < 4; i++) {
            TxId point = retained.get(random.nextInt(retained.size())).name().max();
            assertRestores(new RestorePoint.AtTxId(point), point);
            assertThat(peer(litestream, replica, "-txid", point.toString()))
                    .as("Litestream, TXID %s at %s", point, now)
                    .isEqualTo(contents.get(point));
        }
        for (int i = 0; i < 4; i++) {
            long age = random.nextLong(Math.min(
                    RETENTION.points().toMinutes(), Duration.between(START, now).toMinutes()));
            Instant time = now.minus(Duration.ofMinutes(age));
            TxId point = restored(new RestorePoint.AtTime(time));
            assertThat(times.get(point)).as("time %s at %s", time, now).isBetween(time.minus(Duration.ofDays(1)), time);
            assertThat(peer(
                            litestream,
                            replica,
                            "-timestamp",
                            time.plusMillis(1).toString()))
                    .as("Litestream, time %s at %s", time, now)
                    .isEqualTo(contents.get(point));
        }
    }

    private void assertRestores(RestorePoint point, TxId expected) throws IOException {
        assertThat(restored(point)).isEqualTo(expected);
    }

    /** Restores a point, and looks whether it is what it says. */
    private TxId restored(RestorePoint point) throws IOException {
        Path copy = folder.resolve("ours-" + restores++ + ".db");
        TxId found = Restore.to(point, store, copy, null, pool, Progress.Listener.NONE)
                .orElseThrow()
                .txId();
        assertThat(checksum(Files.readAllBytes(copy))).as("TXID " + found).isEqualTo(contents.get(found));
        Files.delete(copy);
        return found;
    }

    private long peer(Path litestream, Path replica, String... point) throws Exception {
        Path copy = folder.resolve("peers-" + restores++ + ".db");
        List<String> command = new ArrayList<>(List.of(litestream.toString(), "restore", "-o", copy.toString()));
        command.addAll(List.of(point));
        command.add("file://" + replica);
        Path log = folder.resolve("restore.log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().remove("AWS_CA_BUNDLE");
        assertThat(builder.start().waitFor()).as(Files.readString(log)).isZero();
        long checksum = checksum(Files.readAllBytes(copy));
        Files.delete(copy);
        return checksum;
    }
}
