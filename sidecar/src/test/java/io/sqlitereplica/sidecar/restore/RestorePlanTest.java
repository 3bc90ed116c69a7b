package io.sqlitereplica.sidecar.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RestorePlanTest {
    @TempDir
    private Path folder;

    @Test
    void isEmptyWhereThereIsNoReplica() throws IOException {
        assertThat(RestorePlan.of(
                        new FileReplicaStore(folder.resolve("none"), new BufferPool(0)), RestorePoint.NEWEST, folder))
                .isEmpty();
    }

    @Test
    void takesTheNewestSnapshotAndThenTheFilesThatLeadFurthest() throws IOException {
        file(9, 1, 1);
        file(9, 1, 4);
        for (int tx = 1; tx <= 9; tx++) {
            file(0, tx, tx);
        }
        file(1, 5, 6);
        file(1, 7, 7);

        assertThat(plan()).containsExactly("9/1-4", "1/5-6", "1/7-7", "0/8-8", "0/9-9");
    }

    @Test
    void toleratesGapsThatAnotherLevelCovers() throws IOException {
        file(9, 1, 2);
        file(0, 3, 3);
        file(0, 8, 8);
        file(2, 2, 7);

        assertThat(plan()).containsExactly("9/1-2", "2/2-7", "0/8-8");
    }

    @Test
    void prefersTheFileThatStartsFirstAndThenTheHigherLevel() throws IOException {
        file(9, 1, 3);
        file(0, 4, 4);
        file(1, 4, 4);
        file(1, 5, 6);
        file(2, 4, 6);
        file(3, 4, 6);

        assertThat(plan()).containsExactly("9/1-3", "3/4-6");
    }

    @Test
    void beginsWithASnapshotOfAnotherLevelWhereLevelNineHasNone() throws IOException {
        file(0, 1, 1);
        file(1, 1, 1);
        file(0, 2, 2);

        assertThat(plan()).containsExactly("1/1-1", "0/2-2");
    }

    @Test
    void passesOverWhatIsNotPartOfAReplica() throws IOException {
        file(9, 1, 1);
        Files.createFile(folder.resolve("replica/ltx/9/0000000000000001-0000000000000009.ltx.tmp"));
        Files.createDirectories(folder.resolve("replica/ltx/0/notes"));

        assertThat(plan()).containsExactly("9/1-1");
    }

    @Test
    void refusesAHole() throws IOException {
        file(9, 1, 3);
        file(0, 4, 4);
        file(0, 6, 6);

        assertThatThrownBy(this::plan)
                .isInstanceOf(ReplicaHoleException.class)
                .hasMessageContaining("lead up to TXID 0000000000000004 and go on at 0000000000000006");
    }

    @Test
    void refusesAReplicaWithoutASnapshot() throws IOException {
        file(0, 2, 2);

        assertThatThrownBy(this::plan)
                .isInstanceOf(ReplicaHoleException.class)
                .hasMessageContaining("has no snapshot")
                .hasMessageContaining("start at TXID 0000000000000002");
    }

    @Test
    void knowsTheSizeOfTheWork() throws IOException {
        Files.write(file(9, 1, 1), new byte[1000]);
        Files.write(file(0, 2, 2), new byte[30]);
        try (RestorePlan plan = make(RestorePoint.NEWEST).orElseThrow()) {
            assertThat(plan.bytes()).isEqualTo(1030);
            assertThat(plan.fileCount()).isEqualTo(2);
            assertThat(plan.last()).isEqualTo(new TxId(2));
        }
        assertThat(folder.resolve("plan")).doesNotExist();
        assertThat(folder.resolve("candidates")).doesNotExist();
    }

    /** The rule as ltx-format.md has it, with everything in memory. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
    void agreesWithThePlainRule(long seed) throws IOException {
        Random random = new Random(seed);
        Set<String> names = new HashSet<>();
        int last = 300;
        for (int i = 0; i < 900; i++) {
            int level = random.nextInt(10);
            int min = level == 9 ? 1 : 1 + random.nextInt(last);
            int max = Math.min(last, min + random.nextInt(1 << random.nextInt(7)));
            if (names.add(level + "/" + min + "-" + max)) {
                file(level, min, max);
            }
        }

        Optional<List<String>> expected = plainRule(names);

        if (expected.isPresent()) {
            assertThat(plan()).as("seed %d", seed).isEqualTo(expected.get());
        } else {
            assertThatThrownBy(this::plan).as("seed %d", seed).isInstanceOf(ReplicaHoleException.class);
        }
    }

    @Test
    void stopsAtATransaction() throws IOException {
        file(9, 1, 1);
        file(9, 1, 6);
        for (int tx = 2; tx <= 9; tx++) {
            file(0, tx, tx);
        }
        file(1, 2, 4);

        assertThat(plan(new RestorePoint.AtTxId(new TxId(5)))).containsExactly("9/1-1", "1/2-4", "0/5-5");
        assertThat(plan(new RestorePoint.AtTxId(new TxId(6)))).containsExactly("9/1-6");
        assertThat(plan(new RestorePoint.AtTxId(new TxId(1)))).containsExactly("9/1-1");
    }

    @Test
    void namesTheNearestTransactions() throws IOException {
        file(9, 1, 3);
        file(1, 4, 6);
        file(1, 7, 9);

        assertThatThrownBy(() -> plan(new RestorePoint.AtTxId(new TxId(7))))
                .isInstanceOf(RestorePointException.class)
                .hasMessageEndingWith(
                        "to TXID 0000000000000007: the nearest are TXID 0000000000000006 and TXID 0000000000000009");
        assertThatThrownBy(() -> plan(new RestorePoint.AtTxId(new TxId(2))))
                .hasMessageEndingWith("the oldest is TXID 0000000000000003");
        assertThatThrownBy(() -> plan(new RestorePoint.AtTxId(new TxId(10))))
                .hasMessageEndingWith("the newest is TXID 0000000000000009");
    }

    @Test
    void stopsAtATime() throws IOException {
        at(file(9, 1, 1), 10);
        at(file(9, 1, 4), 45);
        for (int tx = 2; tx <= 6; tx++) {
            at(file(0, tx, tx), 10L * tx);
        }

        assertThat(plan(atSecond(10))).containsExactly("9/1-1");
        assertThat(plan(atSecond(39))).containsExactly("9/1-1", "0/2-2", "0/3-3");
        assertThat(plan(atSecond(44))).containsExactly("9/1-1", "0/2-2", "0/3-3", "0/4-4");
        assertThat(plan(atSecond(50))).containsExactly("9/1-4", "0/5-5");
        assertThat(plan(atSecond(1000))).containsExactly("9/1-4", "0/5-5", "0/6-6");
        assertThatThrownBy(() -> plan(atSecond(9)))
                .isInstanceOf(RestorePointException.class)
                .hasMessageEndingWith(
                        "to 1970-01-01T00:00:09Z: it begins at 1970-01-01T00:00:10Z, with TXID 0000000000000001");
    }

    /** Single syncs are removed when a file that goes beyond the point has them: no hole, only less precise. */
    @Test
    void takesTheStateBeforeACompactionThatGoesBeyondTheTime() throws IOException {
        at(file(9, 1, 1), 10);
        at(file(1, 2, 5), 50);
        at(file(0, 4, 4), 40);
        at(file(0, 5, 5), 50);

        assertThat(plan(atSecond(45))).containsExactly("9/1-1");
        assertThat(plan(atSecond(50))).containsExactly("9/1-1", "1/2-5");
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void agreesWithThePlainRuleAtAnyPoint(long seed) throws IOException {
        Random random = new Random(seed);
        Set<String> names = new HashSet<>();
        int last = 60;
        for (int level = 0; level <= 9; level++) {
            int min = 0;
            int max;
            for (int next = 1 + random.nextInt(9); next <= last; next = max + 1 + random.nextInt(4)) {
                min = level == 9 ? 1 : Math.max(min + 1, next - random.nextInt(3));
                max = next + random.nextInt(1 << random.nextInt(4));
                names.add(level + "/" + min + "-" + max);
                at(file(level, min, max), max);
            }
        }
        for (int point = 1; point <= last; point++) {
            int end = point;
            List<Entry> within =
                    names.stream().map(Entry::parse).filter(f -> f.max <= end).toList();
            List<String> expected = plainPlan(within);
            int reached = expected.isEmpty() ? 0 : Entry.parse(expected.getLast()).max;
            boolean beyond = within.stream().anyMatch(f -> f.max > reached);
            boolean covered = names.stream().map(Entry::parse).anyMatch(f -> f.min <= reached + 1 && f.max > reached);

            RestorePoint atTxId = new RestorePoint.AtTxId(new TxId(point));
            if (reached == point) {
                assertThat(plan(atTxId)).as("seed %d", seed).isEqualTo(expected);
            } else {
                assertThatThrownBy(() -> plan(atTxId)).as("seed %d", seed).isInstanceOf(RestorePointException.class);
            }
            if (reached == 0) {
                assertThatThrownBy(() -> plan(atSecond(end))).isInstanceOf(RestorePointException.class);
            } else if (beyond && !covered) {
                assertThatThrownBy(() -> plan(atSecond(end))).isInstanceOf(ReplicaHoleException.class);
            } else {
                assertThat(plan(atSecond(end))).as("seed %d", seed).isEqualTo(expected);
            }
        }
    }

    private static void at(Path file, long second) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(second)));
    }

    private static RestorePoint atSecond(long second) {
        return new RestorePoint.AtTime(Instant.ofEpochSecond(second));
    }

    private record Entry(int level, int min, int max) {
        static Entry parse(String text) {
            String[] parts = text.split("[/-]", -1);
            return new Entry(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }

        @Override
        public String toString() {
            return level + "/" + min + "-" + max;
        }
    }

    private static Optional<List<String>> plainRule(Set<String> names) {
        List<Entry> files = names.stream().map(Entry::parse).toList();
        List<String> plan = plainPlan(files);
        int reached = plan.isEmpty() ? 0 : Entry.parse(plan.getLast()).max;
        return files.stream().anyMatch(f -> f.max > reached) ? Optional.empty() : Optional.of(plan);
    }

    private static List<String> plainPlan(List<Entry> files) {
        List<String> plan = new ArrayList<>();
        Optional<Entry> next = files.stream().filter(f -> f.level == 9).max(Comparator.comparingInt(f -> f.max));
        if (next.isEmpty()) {
            next = next(files, 0);
        }
        while (next.isPresent()) {
            plan.add(next.get().toString());
            next = next(files, next.get().max);
        }
        return plan;
    }

    private static Optional<Entry> next(List<Entry> files, int current) {
        return files.stream()
                .filter(f -> f.level < 9 && f.min <= current + 1 && f.max > current)
                .max(Comparator.comparingInt((Entry f) -> f.max)
                        .thenComparingInt(f -> -f.min)
                        .thenComparingInt(f -> f.level));
    }

    private Path file(int level, long min, long max) throws IOException {
        Path file = folder.resolve("replica/ltx/" + level)
                .resolve(new LtxFileName(new TxId(min), new TxId(max)).toString());
        Files.createDirectories(file.getParent());
        return Files.createFile(file);
    }

    private Optional<RestorePlan> make(RestorePoint point) throws IOException {
        return RestorePlan.of(new FileReplicaStore(folder.resolve("replica"), new BufferPool(0)), point, folder);
    }

    private List<String> plan() throws IOException {
        return plan(RestorePoint.NEWEST);
    }

    private List<String> plan(RestorePoint point) throws IOException {
        List<String> files = new ArrayList<>();
        try (RestorePlan plan = make(point).orElseThrow()) {
            plan.forEach(file -> files.add("%d/%d-%d"
                    .formatted(
                            file.level(),
                            file.name().min().value(),
                            file.name().max().value())));
        }
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(folder.resolve("replica"));
        }
        return files;
    }
}
