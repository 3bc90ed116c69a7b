package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameSorterTest {
    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} frames of {1} pages")
    @CsvSource({
        "0, 1",
        "1, 1",
        "8192, 8192",
        "8192, 1",
        "8193, 100000",
        "20000, 100",
        "65536, 2000000000",
        "65537, 2000000000",
        "150000, 5000",
        "150000, 2000000000"
    })
    void keepsTheLastFrameOfEachPageInTheOrderOfPages(int frames, int pages) throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        TreeMap<Integer, Integer> model = new TreeMap<>();
        try (FrameSorter sorter = new FrameSorter(folder)) {
            for (int frame = 1; frame <= frames; frame++) {
                int page = 1 + random.nextInt(pages);
                sorter.add(page, frame);
                model.put(page, frame);
            }
            for (int pass = 0; pass < 2; pass++) {
                FrameSorter.Cursor cursor = sorter.sorted();
                for (Map.Entry<Integer, Integer> expected : model.entrySet()) {
                    if (!cursor.next() || cursor.page() != expected.getKey() || cursor.frame() != expected.getValue()) {
                        assertThat(Map.entry(cursor.page(), cursor.frame()))
                                .as("seed %d", seed)
                                .isEqualTo(expected);
                    }
                }
                assertThat(cursor.next()).as("seed %d", seed).isFalse();
                assertThat(cursor.next()).as("seed %d", seed).isFalse();
            }
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void leavesNoFileBehindWhileItIsOpen() throws IOException {
        try (FrameSorter sorter = new FrameSorter(folder)) {
            for (int frame = 1; frame <= 100_000; frame++) {
                sorter.add(frame, frame);
            }
            try (var files = Files.list(folder)) {
                assertThat(files).isEmpty();
            }
            assertThat(sorter.sorted().next()).isTrue();
        }
    }

    @Test
    void refusesWhatIsNoFrameAndWhatComesTooLate() throws IOException {
        try (FrameSorter sorter = new FrameSorter(folder)) {
            assertThatThrownBy(() -> sorter.add(0, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> sorter.add(1, -1)).isInstanceOf(IllegalArgumentException.class);
            sorter.sorted();
            assertThatThrownBy(() -> sorter.add(1, 1)).isInstanceOf(IllegalStateException.class);
        }
    }
}
