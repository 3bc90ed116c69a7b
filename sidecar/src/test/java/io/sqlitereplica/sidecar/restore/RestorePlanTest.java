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
        assertThat(RestorePlan.latest(new FileReplicaStore(folder.resolve("none"), new BufferPool(0)), folder))
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
        try (RestorePlan plan = make().orElseThrow()) {
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
        List<String> plan = new ArrayList<>();
        int current = 0;
        Optional<Entry> next = files.stream().filter(f -> f.level == 9).max(Comparator.comparingInt(f -> f.max));
        if (next.isEmpty()) {
            next = next(files, 0);
        }
        while (next.isPresent()) {
            plan.add(next.get().toString());
            current = next.get().max;
            next = next(files, current);
        }
        int reached = current;
        return files.stream().anyMatch(f -> f.max > reached) ? Optional.empty() : Optional.of(plan);
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

    private Optional<RestorePlan> make() throws IOException {
        return RestorePlan.latest(new FileReplicaStore(folder.resolve("replica"), new BufferPool(0)), folder);
    }

    private List<String> plan() throws IOException {
        List<String> files = new ArrayList<>();
        try (RestorePlan plan = make().orElseThrow()) {
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
