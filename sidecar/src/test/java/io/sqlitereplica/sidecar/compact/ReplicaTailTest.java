package io.sqlitereplica.sidecar.compact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.LtxMerger;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaTailTest {
    private static final CompactionLevels LEVELS =
            new CompactionLevels(List.of(Duration.ofSeconds(10), Duration.ofSeconds(60)));

    @TempDir
    private Path folder;

    private final ReplicaTail tail = new ReplicaTail(LEVELS);

    private static Instant second(long second) {
        return Instant.ofEpochSecond(second);
    }

    private static ReplicaFile file(int level, long min, long max, long second) {
        return new ReplicaFile(level, new LtxFileName(new TxId(min), new TxId(max)), 1000, second(second));
    }

    private void syncs(long first, long... seconds) {
        for (int i = 0; i < seconds.length; i++) {
            assertThat(tail.add(file(0, first + i, first + i, seconds[i]))).isTrue();
        }
    }

    private static String text(Merge merge) {
        return "%d/%d-%d of %d"
                .formatted(
                        merge.level(),
                        merge.name().min().value(),
                        merge.name().max().value(),
                        merge.inputs().size());
    }

    /** Everything that is due, done. */
    private List<String> compactAt(long second) {
        List<String> done = new ArrayList<>();
        for (Optional<Merge> due = tail.due(second(second)); due.isPresent(); due = tail.due(second(second))) {
            Merge merge = due.get();
            done.add(text(merge));
            ReplicaFile last = merge.inputs().getLast();
            tail.merged(merge, new ReplicaFile(merge.level(), merge.name(), 3000, last.timestamp()));
        }
        return done;
    }

    @Test
    void mergesASpanWhenItIsOver() {
        syncs(2, 101, 103, 109);

        assertThat(compactAt(109)).isEmpty();
        assertThat(tail.nextDue()).contains(second(110));
        assertThat(compactAt(110)).containsExactly("1/2-4 of 3");
        assertThat(tail.nextDue()).isEmpty();
    }

    @Test
    void keepsToTheEndsOfSpans() {
        syncs(2, 101, 109, 110, 111, 125);

        assertThat(compactAt(119)).containsExactly("1/2-3 of 2");
        assertThat(compactAt(130)).containsExactly("1/4-5 of 2", "2/2-5 of 2");
        assertThat(compactAt(180)).isEmpty();
    }

    @Test
    void leavesWhatIsAloneInItsSpan() {
        syncs(2, 121, 131, 141);

        assertThat(compactAt(179)).isEmpty();
        assertThat(compactAt(180)).as("together in the longer span").containsExactly("2/2-4 of 3");
        assertThat(compactAt(10_000)).isEmpty();
    }

    @Test
    void mergesEightAtMost() {
        syncs(2, 101, 101, 102, 103, 104, 105, 106, 107, 108, 109, 109);

        assertThat(compactAt(110)).containsExactly("1/2-9 of 8", "1/10-12 of 3");
        assertThat(compactAt(120)).containsExactly("2/2-12 of 2");
    }

    @Test
    void copiesNothingLargeAndNoSnapshotUpward() {
        tail.add(file(0, 1, 1, 101));
        syncs(2, 102);
        tail.add(new ReplicaFile(0, LtxFileName.of(new TxId(3)), 17 << 20, second(103)));
        syncs(4, 104, 105);

        assertThat(compactAt(110)).containsExactly("1/4-5 of 2");
    }

    @Test
    void saysWhenAFileDoesNotFollow() {
        syncs(2, 101);

        assertThat(tail.add(file(0, 4, 4, 102))).isFalse();
        assertThat(tail.add(file(0, 2, 2, 101))).as("known already").isTrue();
        assertThat(tail.add(file(0, 3, 3, 102))).isTrue();
    }

    @Test
    void leavesADamagedFileAlone() {
        syncs(2, 101, 102, 103);
        Merge merge = tail.due(second(110)).orElseThrow();

        tail.leave(merge);

        assertThat(tail.due(second(110))).isEmpty();
        assertThat(tail.add(file(0, 5, 5, 111))).isTrue();
    }

    @Test
    void findsTheTailInAListing() throws IOException {
        put(file(0, 2, 2, 90));
        put(file(0, 4, 4, 101));
        put(file(0, 5, 5, 102));
        put(file(0, 6, 6, 103));
        put(file(1, 5, 6, 103));
        put(file(0, 7, 7, 104));
        put(file(2, 3, 3, 95));

        ReplicaTail listed = ReplicaTail.list(store(), LEVELS);

        assertThat(text(listed.due(second(120)).orElseThrow())).isEqualTo("2/4-7 of 3");
    }

    private FileReplicaStore store() {
        return new FileReplicaStore(folder, new BufferPool(0));
    }

    private void put(ReplicaFile file) throws IOException {
        Path path = folder.resolve("ltx/" + file.level()).resolve(file.name().toString());
        Files.createDirectories(path.getParent());
        Files.write(path, new byte[10]);
        Files.setLastModifiedTime(path, FileTime.from(file.timestamp()));
    }

    /** Whatever is written when: all is covered, no file crosses the end of a span of its level, and memory is bounded. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void leavesAChainWithoutHolesOrOverlaps(long seed) {
        Random random = new Random(seed);
        List<ReplicaFile> all = new ArrayList<>();
        long millis = 100_000;
        for (int txId = 2; txId < 3000; txId++) {
            millis += random.nextInt(random.nextInt(30) == 0 ? 40_000 : 700);
            Instant time = Instant.ofEpochMilli(millis);
            ReplicaFile file = new ReplicaFile(0, LtxFileName.of(new TxId(txId)), 100, time);
            all.add(file);
            assertThat(tail.add(file)).isTrue();
            for (Optional<Merge> due = tail.due(time); due.isPresent(); due = tail.due(time)) {
                Merge merge = due.get();
                List<ReplicaFile> inputs = merge.inputs();
                ReplicaFile last = inputs.getLast();
                assertThat(inputs).hasSizeBetween(2, LtxMerger.MAX_INPUTS);
                assertThat(LEVELS.end(merge.level(), inputs.getFirst().timestamp()))
                        .isEqualTo(LEVELS.end(merge.level(), last.timestamp()))
                        .isBeforeOrEqualTo(time);
                int at = all.indexOf(inputs.getFirst());
                assertThat(all.subList(at, at + inputs.size())).isEqualTo(inputs);
                ReplicaFile result = new ReplicaFile(merge.level(), merge.name(), 100, last.timestamp());
                all.subList(at, at + inputs.size()).clear();
                all.add(at, result);
                tail.merged(merge, result);
            }
            assertThat(tail.size()).isLessThan(200);
        }
        assertThat(all).hasSizeLessThan(1000);
    }

    @Test
    void refusesSpansThatDoNotFitIntoEachOther() {
        assertThatThrownBy(() -> new CompactionLevels(List.of(Duration.ofSeconds(30), Duration.ofSeconds(45))))
                .hasMessageContaining("a multiple of the one before");
        assertThatThrownBy(() -> new CompactionLevels(List.of())).hasMessageContaining("1 to 8 levels");
        assertThatThrownBy(() -> new CompactionLevels(List.of(Duration.ofMillis(100))))
                .hasMessageContaining("at least 1s");
    }
}
