package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFiles.Content;
import io.sqlitereplica.sidecar.ltx.LtxMerger.Merged;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LtxMergerTest {
    private static final long CHECKSUM_1 = PageChecksum.FLAG | 1;
    private static final long CHECKSUM_2 = PageChecksum.FLAG | 2;
    private static final long CHECKSUM_3 = PageChecksum.FLAG | 3;

    /** No larger than what the largest merge says it needs. */
    private final BufferPool pool = new BufferPool(6L * BufferPool.BUFFER_BYTES);

    @TempDir
    private Path folder;

    @AfterEach
    void everyBufferIsGivenBack() {
        assertThat(pool.usedBytes()).isZero();
    }

    static Stream<Arguments> compactions() {
        return GoldenReplicas.replicas().stream()
                .flatMap(replica -> IntStream.of(1, 2)
                        .boxed()
                        .flatMap(level -> GoldenReplicas.level(replica, level).stream()
                                .map(compaction -> Arguments.of(replica, compaction))));
    }

    @ParameterizedTest
    @MethodSource("compactions")
    void makesOfOneTransactionAfterTheOtherWhatLitestreamMadeOfThem(Path replica, Path compaction) throws IOException {
        LtxFileName range = GoldenReplicas.name(compaction);
        List<byte[]> inputs = new ArrayList<>();
        for (Path file : GoldenReplicas.level(replica, 0)) {
            if (GoldenReplicas.name(file).min().compareTo(range.min()) >= 0
                    && GoldenReplicas.name(file).max().compareTo(range.max()) <= 0) {
                inputs.add(Files.readAllBytes(file));
            }
        }

        Content merged = LtxFiles.decode(compact(inputs), pool);

        Content expected = LtxFiles.decode(Files.readAllBytes(compaction), pool);
        assertThat(merged.header()).isEqualTo(expected.header());
        assertThat(merged.pages()).isEqualTo(expected.pages());
        assertThat(merged.trailer().postApplyChecksum()).isZero();
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 4096, 65536})
    void keepsTheNewestOfEachPageThatTheLastFileLeavesInTheDatabase(int pageSize) throws IOException {
        Random random = LtxFiles.random("LtxMergerTest");
        for (int round = 0; round < (pageSize == 65536 ? 10 : 60); round++) {
            boolean snapshot = random.nextBoolean();
            int files = 1 + random.nextInt(LtxMerger.MAX_INPUTS);
            long txId = snapshot ? 1 : 2 + random.nextInt(1000);
            long firstTxId = txId;
            SortedMap<Integer, byte[]> expected = new TreeMap<>();
            List<byte[]> inputs = new ArrayList<>();
            int commit = 0;
            for (int file = 0; file < files; file++) {
                int grownFrom = commit;
                commit = 1 + random.nextInt(30);
                SortedMap<Integer, byte[]> pages = new TreeMap<>();
                boolean all = snapshot && file == 0;
                for (int page = 1; page <= commit; page++) {
                    if (all || page > grownFrom || random.nextInt(3) == 0) {
                        pages.put(page, LtxFiles.page(pageSize, random));
                    }
                }
                long maxTxId = txId + (all ? 0 : random.nextInt(3));
                inputs.add(LtxFiles.encode(LtxFiles.header(pageSize, commit, txId, maxTxId), 0, pages, pool));
                txId = maxTxId + 1;
                expected.putAll(pages);
                expected.tailMap(commit + 1).clear();
            }

            Content merged = LtxFiles.decode(compact(inputs), pool);

            assertThat(merged.header()).isEqualTo(LtxFiles.header(pageSize, commit, firstTxId, txId - 1));
            assertThat(merged.pages()).isEqualTo(wrapped(expected));
        }
    }

    @Test
    void takesTheSizeAndTimeOfTheLastFileAndNoWal() throws IOException {
        WalRange wal = new WalRange(32, 4120, 1, 2);
        Instant later = LtxFiles.TIME.plusSeconds(9);
        LtxHeader first = new LtxHeader(512, 9, new TxId(5), new TxId(6), LtxFiles.TIME, false, CHECKSUM_1, wal, 7);
        LtxHeader last = new LtxHeader(512, 3, new TxId(7), new TxId(9), later, false, CHECKSUM_2, wal, 8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        Merged merged = LtxMerger.compact(
                List.of(
                        LtxFiles.channel(LtxFiles.encode(first, CHECKSUM_2, pages(1, 8), pool)),
                        LtxFiles.channel(LtxFiles.encode(last, CHECKSUM_3, pages(2), pool))),
                Channels.newChannel(out),
                folder,
                pool);

        LtxHeader expected =
                new LtxHeader(512, 3, new TxId(5), new TxId(9), later, false, CHECKSUM_1, WalRange.NONE, 0);
        assertThat(merged.header()).isEqualTo(expected);
        assertThat(merged.trailer().postApplyChecksum()).isEqualTo(CHECKSUM_3);
        assertThat(merged.pages()).isEqualTo(2);
        assertThat(merged.bytes()).isEqualTo(out.size());
        Content content = LtxFiles.decode(out.toByteArray(), pool);
        assertThat(content.header()).isEqualTo(expected);
        assertThat(content.trailer()).isEqualTo(merged.trailer());
        assertThat(content.pages()).containsOnlyKeys(1, 2);
    }

    @Test
    void leavesTheDatabaseChecksumsOutWhenTheNewestFileHasNone() throws IOException {
        LtxHeader with = withChecksum(5, CHECKSUM_1, WalRange.NONE);
        byte[] merged = compact(List.of(
                LtxFiles.encode(with, CHECKSUM_2, pages(1), pool),
                LtxFiles.encode(LtxFiles.header(512, 9, 6, 6), 0, pages(1), pool)));

        assertThat(LtxFiles.decode(merged, pool).header()).isEqualTo(LtxFiles.header(512, 9, 5, 6));
    }

    @Test
    void leavesTheDatabaseChecksumsOutWhenTheOldestFileHasNoneToStartFrom() throws IOException {
        byte[] merged = compact(List.of(
                LtxFiles.encode(LtxFiles.header(512, 9, 5, 5), 0, pages(1), pool),
                LtxFiles.encode(withChecksum(6, CHECKSUM_1, WalRange.NONE), CHECKSUM_2, pages(1), pool)));

        assertThat(LtxFiles.decode(merged, pool).header()).isEqualTo(LtxFiles.header(512, 9, 5, 6));
    }

    @Test
    void takesTheChecksumOfTheNewestFileWhenTheOldestIsASnapshotWithoutOne() throws IOException {
        byte[] merged = compact(List.of(
                LtxFiles.encode(LtxFiles.header(512, 9, 1, 1), 0, pages(1, 2, 3, 4, 5, 6, 7, 8, 9), pool),
                LtxFiles.encode(withChecksum(2, CHECKSUM_1, WalRange.NONE), CHECKSUM_2, pages(1), pool)));

        assertThat(LtxFiles.decode(merged, pool).trailer().postApplyChecksum()).isEqualTo(CHECKSUM_2);
    }

    @Test
    void refusesFilesWhoseDatabaseChecksumsDoNotLeadFromOneToTheOther() throws IOException {
        List<byte[]> inputs = List.of(
                LtxFiles.encode(withChecksum(5, CHECKSUM_1, WalRange.NONE), CHECKSUM_2, pages(1), pool),
                LtxFiles.encode(withChecksum(6, CHECKSUM_3, WalRange.NONE), CHECKSUM_2, pages(1), pool));

        assertThatThrownBy(() -> compact(inputs))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("checksum 8000000000000003")
                .hasMessageContaining("0000000000000005-0000000000000005.ltx leaves one with 8000000000000002");
    }

    @Test
    void joinsThePiecesOfOneTransactionAndSpansTheirWal() throws IOException {
        WalRange first = new WalRange(32, 1072, 1, 2);
        WalRange last = new WalRange(1104, 536, 1, 2);

        Content joined = LtxFiles.decode(
                join(List.of(
                        LtxFiles.encode(withChecksum(5, CHECKSUM_1, first), CHECKSUM_2, pages(1, 2), pool),
                        LtxFiles.encode(withChecksum(5, CHECKSUM_2, last), CHECKSUM_3, pages(3), pool))),
                pool);

        assertThat(joined.header()).isEqualTo(withChecksum(5, CHECKSUM_1, new WalRange(32, 1608, 1, 2)));
        assertThat(joined.trailer().postApplyChecksum()).isEqualTo(CHECKSUM_3);
        assertThat(joined.pages()).containsOnlyKeys(1, 2, 3);
    }

    @Test
    void namesTheWalOfTheLastPieceWhenTheWalWasRestarted() throws IOException {
        WalRange last = new WalRange(32, 5360, 3, 4);

        byte[] joined = join(List.of(
                LtxFiles.encode(
                        withChecksum(5, CHECKSUM_1, new WalRange(32, 1072, 1, 2)), CHECKSUM_2, pages(1, 2), pool),
                LtxFiles.encode(withChecksum(5, CHECKSUM_2, last), CHECKSUM_3, pages(3), pool)));

        assertThat(LtxFiles.decode(joined, pool).header()).isEqualTo(withChecksum(5, CHECKSUM_1, last));
    }

    @Test
    void refusesToCompactPiecesAndToJoinTransactions() throws IOException {
        byte[] five = LtxFiles.encode(LtxFiles.header(512, 9, 5, 5), 0, pages(1), pool);
        byte[] six = LtxFiles.encode(LtxFiles.header(512, 9, 6, 6), 0, pages(1), pool);

        assertThatThrownBy(() -> compact(List.of(five, five))).hasMessageContaining("does not follow");
        assertThatThrownBy(() -> join(List.of(five, six))).hasMessageContaining("does not follow");
    }

    @Test
    void refusesAGap() throws IOException {
        List<byte[]> inputs = List.of(
                LtxFiles.encode(LtxFiles.header(512, 9, 5, 5), 0, pages(1), pool),
                LtxFiles.encode(LtxFiles.header(512, 9, 7, 7), 0, pages(1), pool));

        assertThatThrownBy(() -> compact(inputs))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("does not follow");
    }

    @Test
    void refusesAnotherPageSize() throws IOException {
        List<byte[]> inputs = List.of(
                LtxFiles.encode(LtxFiles.header(512, 9, 5, 5), 0, pages(1), pool),
                LtxFiles.encode(LtxFiles.header(1024, 9, 6, 6), 0, new TreeMap<>(), pool));

        assertThatThrownBy(() -> compact(inputs))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("pages of 1024 bytes");
    }

    @Test
    void refusesToMakeASnapshotWithAHole() throws IOException {
        List<byte[]> inputs = List.of(
                LtxFiles.encode(LtxFiles.header(512, 1, 1, 1), 0, pages(1), pool),
                LtxFiles.encode(LtxFiles.header(512, 3, 2, 2), 0, pages(3), pool));

        assertThatThrownBy(() -> compact(inputs))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("0000000000000002.ltx: 1 pages are in none of the merged files");
    }

    @Test
    void refusesADamagedFileAndNamesIt() throws IOException {
        byte[] damaged = LtxFiles.encode(LtxFiles.header(512, 9, 6, 6), 0, pages(1, 2), pool);
        damaged[damaged.length - 1] ^= 1;
        List<byte[]> inputs = List.of(LtxFiles.encode(LtxFiles.header(512, 9, 5, 5), 0, pages(1, 4), pool), damaged);

        assertThatThrownBy(() -> compact(inputs))
                .isInstanceOf(LtxFormatException.class)
                .hasMessageContaining("0000000000000006-0000000000000006.ltx")
                .hasMessageContaining("checksum");
    }

    @Test
    void refusesNoFilesAndTooMany() throws IOException {
        byte[] file = LtxFiles.encode(LtxFiles.header(512, 9, 5, 5), 0, pages(1), pool);

        assertThatThrownBy(() -> compact(List.of())).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> join(List.of(file, file, file, file, file, file, file, file, file)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private byte[] compact(List<byte[]> inputs) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxMerger.compact(inputs.stream().map(LtxFiles::channel).toList(), Channels.newChannel(out), folder, pool);
        return out.toByteArray();
    }

    private byte[] join(List<byte[]> inputs) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        LtxMerger.join(inputs.stream().map(LtxFiles::channel).toList(), Channels.newChannel(out), folder, pool);
        return out.toByteArray();
    }

    private static LtxHeader withChecksum(long txId, long preApplyChecksum, WalRange wal) {
        return new LtxHeader(512, 9, new TxId(txId), new TxId(txId), LtxFiles.TIME, false, preApplyChecksum, wal, 0);
    }

    private static SortedMap<Integer, byte[]> pages(int... numbers) {
        TreeMap<Integer, byte[]> pages = new TreeMap<>();
        for (int number : numbers) {
            pages.put(number, new byte[512]);
        }
        return pages;
    }

    private static SortedMap<Integer, ByteBuffer> wrapped(SortedMap<Integer, byte[]> pages) {
        TreeMap<Integer, ByteBuffer> wrapped = new TreeMap<>();
        pages.forEach((number, page) -> wrapped.put(number, ByteBuffer.wrap(page)));
        return wrapped;
    }
}
