package io.sqlitereplica.sidecar.compact;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.RestorePlan;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files without contents, with the names and times that a replica has. */
class RetentionTest {
    private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
    private static final RetentionTimes TIMES = new RetentionTimes(Duration.ofHours(10), Duration.ofMinutes(5));

    @TempDir
    private Path folder;

    private FileReplicaStore store() {
        return new FileReplicaStore(folder.resolve("replica"), new BufferPool(0));
    }

    private void put(int level, long min, long max, Instant time) throws IOException {
        Path path = folder.resolve("replica/ltx/" + level)
                .resolve(new LtxFileName(new TxId(min), new TxId(max)).toString());
        Files.createDirectories(path.getParent());
        Files.createFile(path);
        Files.setLastModifiedTime(path, FileTime.from(time));
    }

    private void put(int level, long min, long max, Duration age) throws IOException {
        put(level, min, max, NOW.minus(age));
    }

    private static Duration hours(long hours) {
        return Duration.ofHours(hours);
    }

    private boolean run(RetentionTimes times, Instant now, boolean thorough) throws IOException {
        FileReplicaStore store = store();
        return new Retention(store, times, store::delete).run(now, thorough);
    }

    private List<ReplicaFile> all() throws IOException {
        List<ReplicaFile> files = new ArrayList<>();
        for (int level = 9; level >= 0; level--) {
            store().list(level, files::add);
        }
        return files;
    }

    private List<String> names() throws IOException {
        return all().stream()
                .map(file -> "%d/%d-%d"
                        .formatted(
                                file.level(),
                                file.name().min().value(),
                                file.name().max().value()))
                .toList();
    }

    @Test
    void keepsTheNewestSnapshotThatIsOlderThanTheRetention() throws IOException {
        put(9, 1, 1, hours(40));
        put(9, 1, 20, hours(30));
        put(9, 1, 30, hours(20));
        put(9, 1, 40, hours(5));
        put(2, 2, 9, hours(35));
        put(1, 25, 30, hours(21));
        put(1, 31, 39, hours(6));
        put(0, 40, 40, hours(5));

        assertThat(run(TIMES, NOW, false)).isFalse();

        assertThat(names()).containsExactly("9/1-30", "9/1-40", "2/2-9", "1/31-39", "0/40-40");
    }

    /** Whose owner it was is all that is known of a replica that nobody writes to. */
    @Test
    void keepsTheNewestFilesHoweverOldTheyAre() throws IOException {
        put(9, 1, 1, hours(400));
        put(9, 1, 4, hours(300));
        put(0, 2, 2, hours(390));
        put(0, 3, 3, hours(380));
        put(0, 4, 4, hours(370));
        put(1, 2, 4, hours(370));

        run(TIMES, NOW, false);

        assertThat(names()).containsExactly("9/1-4", "1/2-4", "0/4-4");
    }

    @Test
    void deletesNothingWithoutAnOldSnapshotButMergedSyncs() throws IOException {
        put(0, 1, 1, hours(40));
        put(0, 2, 2, hours(39));
        put(0, 3, 3, hours(38));
        put(1, 1, 2, hours(39));
        put(9, 1, 3, hours(3));

        run(TIMES, NOW, true);

        assertThat(names()).containsExactly("9/1-3", "1/1-2", "0/3-3");
    }

    @Test
    void leavesMergedSyncsAlittleWhile() throws IOException {
        put(9, 1, 1, hours(1));
        put(0, 2, 2, Duration.ofMinutes(7));
        put(0, 3, 3, Duration.ofMinutes(4));
        put(0, 4, 4, Duration.ofMinutes(7));
        put(0, 5, 5, Duration.ofMinutes(7));
        put(0, 6, 6, Duration.ofMinutes(7));
        put(1, 2, 3, Duration.ofMinutes(6));
        put(2, 4, 5, Duration.ofMinutes(2));

        run(TIMES, NOW, false);

        assertThat(names()).containsExactly("9/1-1", "2/4-5", "1/2-3", "0/3-3", "0/4-4", "0/5-5", "0/6-6");
    }

    @Test
    void goesOnWhereABatchEnds() throws IOException {
        put(9, 1, 1, hours(1));
        for (int txId = 2; txId <= 2300; txId++) {
            put(0, txId, txId, Duration.ofMinutes(9));
            if (txId % 8 == 1) {
                put(1, txId - 7, txId, Duration.ofMinutes(9));
            }
        }

        run(TIMES, NOW, false);

        assertThat(names()).hasSize(1 + 287 + 3).endsWith("1/2290-2297", "0/2298-2298", "0/2299-2299", "0/2300-2300");
    }

    @Test
    void saysThatThereIsMore() throws IOException {
        for (int txId = 1; txId <= 1100; txId++) {
            put(9, 1, txId, hours(30));
            put(0, txId, txId, hours(30));
        }

        assertThat(run(TIMES, NOW, true)).isTrue();
        assertThat(names()).contains("0/1-1");
        assertThat(run(TIMES, NOW, true)).isTrue();
        assertThat(run(TIMES, NOW, true)).isFalse();

        assertThat(names()).containsExactly("9/1-1100", "0/1100-1100");
    }

    /**
     * Random histories with compaction, snapshots and retention: what the peer's rule and ours restore of the retained time
     * is there after each deletion, also if only a part of it was done.
     */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void keepsEveryPointOfTheRetainedTime(long seed) throws IOException {
        new History(new Random(seed)).run();
    }

    private final class History {
        private static final CompactionLevels LEVELS =
                new CompactionLevels(List.of(Duration.ofSeconds(30), Duration.ofMinutes(5), Duration.ofHours(1)));

        private final Random random;
        private final RetentionTimes times;
        private final List<Instant> commits = new ArrayList<>(List.of(Instant.EPOCH));
        private final ReplicaTail tail = new ReplicaTail(LEVELS);
        private Instant now = NOW;
        private int deleted;

        History(Random random) {
            this.random = random;
            this.times = new RetentionTimes(Duration.ofHours(1 + random.nextInt(12)), Duration.ofMinutes(5));
        }

        void run() throws IOException {
            commits.add(now);
            put(9, 1, 1, now);
            Instant snapshotAt = now.plus(hours(2));
            for (int pass = 0; pass < 60; pass++) {
                write(1 + random.nextInt(40));
                if (now.isAfter(snapshotAt)) {
                    put(9, 1, newest(), commits.getLast());
                    snapshotAt = now.plus(hours(1 + random.nextInt(6)));
                }
                merge();
                retain();
                check();
            }
            assertThat(deleted).isPositive();
        }

        private int newest() {
            return commits.size() - 1;
        }

        private void write(int count) throws IOException {
            boolean busy = random.nextBoolean();
            for (int i = 0; i < count; i++) {
                now = now.plusMillis(1 + random.nextInt(busy ? 20_000 : 1_500_000));
                commits.add(now);
                put(0, newest(), newest(), now);
                assertThat(tail.add(new ReplicaFile(0, LtxFileName.of(new TxId(newest())), 0, now)))
                        .isTrue();
            }
            now = now.plusSeconds(random.nextInt(600));
        }

        private void merge() throws IOException {
            for (Optional<Merge> due = tail.due(now); due.isPresent(); due = tail.due(now)) {
                Merge merge = due.get();
                Instant time = merge.inputs().getLast().timestamp();
                put(
                        merge.level(),
                        merge.name().min().value(),
                        merge.name().max().value(),
                        time);
                tail.merged(merge, new ReplicaFile(merge.level(), merge.name(), 0, time));
            }
        }

        /** Sometimes it is broken off. */
        private void retain() throws IOException {
            FileReplicaStore store = store();
            int most = random.nextInt(3) == 0 ? random.nextInt(3) : Integer.MAX_VALUE;
            int[] batches = {0};
            try {
                new Retention(store, times, files -> {
                            if (batches[0]++ >= most) {
                                throw new IOException("broken off");
                            }
                            deleted += files.size();
                            store.delete(files);
                        })
                        .run(now, random.nextInt(4) == 0);
            } catch (IOException e) {
                assertThat(e).hasMessage("broken off");
            }
        }

        private void check() throws IOException {
            List<ReplicaFile> files = all();
            assertThat(peer(files, newest())).isEqualTo(newest());
            assertThat(reached(RestorePoint.NEWEST)).isEqualTo(newest());
            for (int i = 0; i < 15; i++) {
                int point = 1 + random.nextInt(newest());
                if (!commits.get(point).isBefore(now.minus(times.points()))) {
                    check(files, point);
                }
            }
        }

        /** That point, or one in the same hour, which is the longest span of a file. */
        private void check(List<ReplicaFile> files, int point) throws IOException {
            long reached = reached(new RestorePoint.AtTime(commits.get(point)));
            assertThat(peer(files, point)).isEqualTo(reached);
            assertThat(reached).isPositive().isLessThanOrEqualTo(point);
            if (reached < point) {
                assertThat(LEVELS.end(3, commits.get((int) reached + 1))).isEqualTo(LEVELS.end(3, commits.get(point)));
            }
        }

        private long reached(RestorePoint point) throws IOException {
            try (RestorePlan plan = RestorePlan.of(store(), point, folder).orElseThrow()) {
                return plan.last().value();
            }
        }

        /** Up to where Litestream restores if it is to restore up to a transaction. */
        private long peer(List<ReplicaFile> files, long wanted) {
            long current = files.stream()
                    .filter(file -> file.level() == 9)
                    .mapToLong(file -> file.name().max().value())
                    .filter(max -> max <= wanted)
                    .max()
                    .orElse(0);
            while (true) {
                long at = current;
                Optional<ReplicaFile> next = files.stream()
                        .filter(file -> file.level() < 9
                                && file.name().min().value() <= at + 1
                                && file.name().max().value() > at
                                && file.name().max().value() <= wanted)
                        .max(Comparator.comparing(file -> file.name().max()));
                if (next.isEmpty()) {
                    return current;
                }
                current = next.get().name().max().value();
            }
        }
    }
}
