package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every destination does. */
abstract class ReplicaStoreContract {
    static final Instant TIME = Instant.parse("2026-11-23T01:17:37.317Z");
    static final int PART = 5 * 1024 * 1024;

    private static final long POOL_BYTES = 10 * 1024 * 1024; // as in the smallest sidecar

    final BufferPool pool = new BufferPool(POOL_BYTES);
    private final Random random = new Random(42);

    @TempDir
    Path folder;

    ReplicaStore store;

    /** Where nothing is yet. */
    abstract ReplicaUrl url();

    abstract CredentialsSource credentials();

    final ReplicaStore open() {
        return ReplicaStores.open(url(), credentials(), pool);
    }

    /** Everything there is in the destination, also what no listing shows. */
    abstract List<String> leftovers() throws IOException;

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
        assertThat(pool.usedBytes()).as("buffers not given back").isZero();
    }

    static LtxFileName name(long min, long max) {
        return new LtxFileName(new TxId(min), new TxId(max));
    }

    byte[] bytes(int count) {
        byte[] bytes = new byte[count];
        random.nextBytes(bytes);
        return bytes;
    }

    CreateResult create(int level, LtxFileName name, byte[] contents) throws IOException {
        Path file = Files.write(folder.resolve("source"), contents);
        return store.create(level, name, TIME, file);
    }

    List<ReplicaFile> list(int level) throws IOException {
        List<ReplicaFile> files = new ArrayList<>();
        store.list(level, files::add);
        return files;
    }

    byte[] read(ReplicaFile file, long offset) throws IOException {
        try (InputStream in = store.open(file, offset)) {
            return in.readAllBytes();
        }
    }

    ReplicaFile only(int level) throws IOException {
        List<ReplicaFile> files = list(level);
        assertThat(files).hasSize(1);
        return files.getFirst();
    }

    @Test
    void listsNothingWhereNothingIs() throws IOException {
        store.check();
        for (int level = 0; level <= 9; level++) {
            assertThat(list(level)).isEmpty();
        }
    }

    @Test
    void givesTheFoldersBelow() throws IOException {
        List<String> found = new ArrayList<>();
        store.folders(found::add);
        assertThat(found).as("where nothing is").isEmpty();

        List<String> names = List.of("a.db", "a b+c%41&d.db", "ü", "x");
        for (String name : names) {
            try (ReplicaStore below = ReplicaStores.open(url().child(name), credentials(), pool)) {
                below.create(0, name(1, 1), TIME, Files.write(folder.resolve("source"), bytes(10)));
            }
        }
        assertThat(store.replaceOwner(owner(1), Optional.empty())).isPresent();
        store.folders(found::add);
        assertThat(found).containsExactlyInAnyOrderElementsOf(names);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 100_000, PART, 16 * 1024 * 1024, 16 * 1024 * 1024 + 1, 40_000_000})
    void readsWhatWasCreated(int size) throws IOException {
        byte[] contents = bytes(size);

        assertThat(create(9, name(1, 7), contents)).isEqualTo(CreateResult.CREATED);

        ReplicaFile file = only(9);
        assertThat(file.name()).isEqualTo(name(1, 7));
        assertThat(file.sizeBytes()).isEqualTo(size);
        assertThat(read(file, 0)).isEqualTo(contents);
        assertThat(store.timestamp(file)).isEqualTo(TIME);
        assertThat(leftovers()).hasSize(1);
    }

    @Test
    void leavesAnExistingFileAsItIs() throws IOException {
        byte[] first = bytes(1000);
        create(0, name(1, 1), first);

        assertThat(create(0, name(1, 1), bytes(2000))).isEqualTo(CreateResult.EXISTS);
        assertThat(create(0, name(1, 1), bytes(20_000_000))).isEqualTo(CreateResult.EXISTS);

        assertThat(read(only(0), 0)).isEqualTo(first);
        assertThat(leftovers()).hasSize(1);
    }

    @Test
    void keepsTheLevelsApart() throws IOException {
        create(0, name(1, 1), bytes(10));
        create(9, name(1, 1), bytes(20));

        assertThat(only(0).sizeBytes()).isEqualTo(10);
        assertThat(only(9).sizeBytes()).isEqualTo(20);
        assertThat(list(1)).isEmpty();
    }

    @Test
    void listsAscendingByFirstThenByLastTransaction() throws IOException {
        List<LtxFileName> names = List.of(
                name(0x10, 0x10),
                name(2, 3),
                name(2, 2),
                name(1, 0xffff_ffffL),
                name(0x1_0000_0000L, 0x1_0000_0000L),
                name(3, 3));
        for (LtxFileName name : names) {
            create(2, name, bytes(1));
        }

        assertThat(list(2))
                .extracting(ReplicaFile::name)
                .containsExactlyElementsOf(names.stream().sorted().toList());
    }

    @Test
    void readsFromAnyOffset() throws IOException {
        byte[] contents = bytes(100_000);
        create(0, name(1, 1), contents);
        ReplicaFile file = only(0);

        for (int offset : new int[] {1, 99, 4096, 99_999, 100_000}) {
            assertThat(read(file, offset)).isEqualTo(Arrays.copyOfRange(contents, offset, contents.length));
        }
    }

    @Test
    void canStopReadingInTheMiddle() throws IOException {
        byte[] contents = bytes(20_000_000);
        create(0, name(1, 1), contents);

        try (InputStream in = store.open(only(0), 0)) {
            assertThat(in.readNBytes(1000)).isEqualTo(Arrays.copyOf(contents, 1000));
        }
        assertThat(read(only(0), 19_999_990)).isEqualTo(Arrays.copyOfRange(contents, 19_999_990, 20_000_000));
    }

    @Test
    void saysWhenAFileIsGone() {
        ReplicaFile gone = new ReplicaFile(3, name(5, 6), 10, TIME);

        assertThatThrownBy(() -> store.open(gone, 0))
                .isInstanceOf(NoSuchFileException.class)
                .hasMessageContaining("0000000000000005-0000000000000006.ltx");
        assertThatThrownBy(() -> store.timestamp(gone)).isInstanceOf(NoSuchFileException.class);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 300_000, PART - 1, PART, PART + 1, 2 * PART, 13_000_000})
    void streamsFilesOfAnyLength(int size) throws IOException {
        byte[] contents = bytes(size);

        try (Upload upload = store.createStreaming(9, name(1, 4), TIME, 1 << 30, folder)) {
            writeInPieces(upload, contents);
            assertThat(list(9)).as("visible before it is complete").isEmpty();
            assertThat(upload.commit()).isEqualTo(CreateResult.CREATED);
        }

        ReplicaFile file = only(9);
        assertThat(file.sizeBytes()).isEqualTo(size);
        assertThat(read(file, 0)).isEqualTo(contents);
        assertThat(store.timestamp(file)).isEqualTo(TIME);
        assertThat(leftovers()).hasSize(1);
    }

    /** A bucket takes 10,000 parts: they must be larger then, and are too large for the pool. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1000, 11 << 20, 23_000_000})
    void streamsFilesThatMayBecomeVeryLong(int size) throws IOException {
        byte[] contents = bytes(size);
        Path spill = Files.createDirectory(folder.resolve("spill"));

        try (Upload upload = store.createStreaming(9, name(1, 4), TIME, 100L << 30, spill)) {
            writeInPieces(upload, contents);
            assertThat(upload.commit()).isEqualTo(CreateResult.CREATED);
        }

        assertThat(read(only(9), 0)).isEqualTo(contents);
        assertThat(spill).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1000, 12_000_000})
    void leavesNothingOfAStreamThatIsGivenUp(int size) throws IOException {
        try (Upload upload = store.createStreaming(9, name(1, 4), TIME, 1 << 30, folder)) {
            writeInPieces(upload, bytes(size));
        }

        assertThat(list(9)).isEmpty();
        assertThat(leftovers()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 12_000_000})
    void aStreamLeavesAnExistingFileAsItIs(int size) throws IOException {
        byte[] first = bytes(500);
        create(9, name(1, 4), first);

        try (Upload upload = store.createStreaming(9, name(1, 4), TIME, 1 << 30, folder)) {
            writeInPieces(upload, bytes(size));
            assertThat(upload.commit()).isEqualTo(CreateResult.EXISTS);
        }

        assertThat(read(only(9), 0)).isEqualTo(first);
        assertThat(leftovers()).hasSize(1);
    }

    @Test
    void refusesToWriteAfterTheEnd() throws IOException {
        Upload upload = store.createStreaming(9, name(1, 4), TIME, 1 << 30, folder);
        assertThat(upload.isOpen()).isTrue();
        upload.close();
        upload.close();

        assertThat(upload.isOpen()).isFalse();
        assertThatThrownBy(() -> upload.write(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(upload::commit).isInstanceOf(ClosedChannelException.class);
    }

    @ParameterizedTest
    @CsvSource({"1000, 20", "17000000, 1"})
    void theFirstOfSeveralWritersWins(int size, int rounds) throws Exception {
        int writers = 4;
        for (int round = 1; round <= rounds; round++) {
            LtxFileName name = name(round, round);
            byte[][] contents = new byte[writers][];
            List<Callable<CreateResult>> tasks = new ArrayList<>();
            CyclicBarrier start = new CyclicBarrier(writers);
            for (int i = 0; i < writers; i++) {
                contents[i] = bytes(size);
                Path source = Files.write(folder.resolve("source-" + i), contents[i]);
                tasks.add(() -> {
                    start.await();
                    return store.create(0, name, TIME, source);
                });
            }

            List<CreateResult> results = runTogether(tasks);

            assertThat(results).containsOnlyOnce(CreateResult.CREATED);
            ReplicaFile file = new ReplicaFile(0, name, size, TIME);
            assertThat(read(file, 0)).isEqualTo(contents[results.indexOf(CreateResult.CREATED)]);
        }
        assertThat(leftovers()).hasSize(rounds);
    }

    @Test
    void theFirstOfTwoStreamsWins() throws Exception {
        byte[] contents = bytes(7_000_000);
        CyclicBarrier start = new CyclicBarrier(2);
        Callable<CreateResult> stream = () -> {
            start.await();
            try (Upload upload = store.createStreaming(9, name(1, 1), TIME, 1 << 30, folder)) {
                writeInPieces(upload, contents);
                return upload.commit();
            }
        };

        assertThat(runTogether(List.of(stream, stream)))
                .containsExactlyInAnyOrder(CreateResult.CREATED, CreateResult.EXISTS);
        assertThat(read(only(9), 0)).isEqualTo(contents);
        assertThat(leftovers()).hasSize(1);
    }

    @Test
    void moreStreamsThanThePoolHoldsWaitForEachOther() throws Exception {
        byte[] contents = bytes(6_000_000);
        List<Callable<CreateResult>> streams = new ArrayList<>();
        for (int i = 1; i <= 6; i++) {
            LtxFileName name = name(i, i);
            streams.add(() -> {
                try (Upload upload = store.createStreaming(9, name, TIME, 1 << 30, folder);
                        var _ = pool.lease(2)) { // as the encoder that feeds it does
                    writeInPieces(upload, contents);
                    return upload.commit();
                }
            });
        }

        assertThat(runTogether(streams)).containsOnly(CreateResult.CREATED);
        assertThat(list(9)).hasSize(6);
    }

    @Test
    void countsWhatItDid() throws IOException {
        create(0, name(1, 1), bytes(10));
        read(only(0), 0);

        RequestCounts counts = store.requests();
        assertThat(counts.puts()).isPositive();
        assertThat(counts.gets()).isPositive();
        assertThat(counts.lists()).isPositive();
        assertThat(counts.failures()).isZero();
    }

    @Test
    void refusesLevelsThatDoNotExist() {
        assertThatThrownBy(() -> list(10)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> create(-1, name(1, 1), bytes(1))).isInstanceOf(IllegalArgumentException.class);
    }

    private static OwnerRecord owner(long epoch) {
        return OwnerRecord.taken(epoch, 0x1234, "shop/orders-0", TIME);
    }

    @Test
    void theOwnerIsReplacedByOneWhoKnowsWhatIsThere() throws IOException {
        assertThat(store.owner()).isEmpty();
        StoredOwner first = store.replaceOwner(owner(1), Optional.empty()).orElseThrow();
        assertThat(store.owner()).contains(first);
        assertThat(first.record()).isEqualTo(owner(1));

        assertThat(store.replaceOwner(owner(9), Optional.empty())).isEmpty();
        assertThat(store.owner()).contains(first);

        StoredOwner second = store.replaceOwner(owner(2), Optional.of(first)).orElseThrow();
        assertThat(store.replaceOwner(owner(9), Optional.of(first))).isEmpty();
        assertThat(store.owner()).contains(second);
        assertThat(second.record()).isEqualTo(owner(2));
    }

    @Test
    void theOwnerIsNoFileOfTheReplica() throws IOException {
        store.replaceOwner(owner(1), Optional.empty());

        for (int level = 0; level <= 9; level++) {
            assertThat(list(level)).isEmpty();
        }
    }

    @Test
    void oneOfSeveralBecomesTheOwner() throws Exception {
        Optional<StoredOwner> before = Optional.empty();
        for (int epoch = 1; epoch <= 10; epoch++) {
            CyclicBarrier start = new CyclicBarrier(4);
            List<Callable<Optional<StoredOwner>>> takers = new ArrayList<>();
            for (int taker = 1; taker <= 4; taker++) {
                OwnerRecord record = OwnerRecord.taken(epoch, taker, "taker", TIME);
                Optional<StoredOwner> expected = before;
                takers.add(() -> {
                    start.await();
                    return store.replaceOwner(record, expected);
                });
            }

            List<Optional<StoredOwner>> taken =
                    runTogether(takers).stream().filter(Optional::isPresent).toList();

            assertThat(taken).hasSize(1);
            before = taken.getFirst();
            assertThat(store.owner()).isEqualTo(before);
        }
    }

    @Test
    void deletesWhatIsThere() throws IOException {
        for (long txId = 1; txId <= 3; txId++) {
            create(0, name(txId, txId), bytes(10));
        }
        create(1, name(1, 2), bytes(10));
        ReplicaFile gone = new ReplicaFile(0, name(9, 9), 10, TIME);
        List<ReplicaFile> syncs = list(0);

        store.delete(List.of(syncs.get(0), gone, syncs.get(2)));

        assertThat(list(0)).containsExactly(syncs.get(1));
        assertThat(list(1)).hasSize(1);
        assertThat(leftovers()).hasSize(2);
        assertThat(store.requests().deletes()).isEqualTo(1);
        assertThat(store.requests().failures()).isZero();
        assertThat(create(0, name(1, 1), bytes(10))).isEqualTo(CreateResult.CREATED);
    }

    @Test
    void deletesAThousandAtOnce() throws IOException {
        List<ReplicaFile> files = new ArrayList<>();
        for (long txId = 1; txId <= ReplicaStore.MOST_DELETED; txId++) {
            files.add(new ReplicaFile(0, name(txId, txId), 10, TIME));
        }
        create(0, name(7, 7), bytes(10));
        create(0, name(2000, 2000), bytes(10));

        store.delete(files);

        assertThat(only(0).name()).isEqualTo(name(2000, 2000));
    }

    @Test
    void listsFromATransactionOn() throws IOException {
        create(1, name(1, 5), bytes(10));
        create(1, name(6, 7), bytes(10));
        create(1, name(8, 9), bytes(10));

        for (long from = 0; from <= 9; from++) {
            List<LtxFileName> names = new ArrayList<>();
            store.list(1, new TxId(from), file -> names.add(file.name()));
            long first = from;
            assertThat(names)
                    .containsExactlyElementsOf(Stream.of(name(1, 5), name(6, 7), name(8, 9))
                            .filter(name -> name.min().value() >= first)
                            .toList());
        }
    }

    private void writeInPieces(Upload upload, byte[] contents) throws IOException {
        ByteBuffer all = ByteBuffer.wrap(contents);
        while (all.hasRemaining()) {
            ByteBuffer piece = all.slice(all.position(), Math.min(all.remaining(), 1 + random.nextInt(600_000)));
            int length = piece.remaining();
            assertThat(upload.write(piece)).isEqualTo(length);
            assertThat(piece.remaining()).isZero();
            all.position(all.position() + length);
        }
    }

    private static <T> List<T> runTogether(List<Callable<T>> tasks) throws Exception {
        try (ExecutorService executor = Executors.newFixedThreadPool(tasks.size())) {
            List<T> results = new ArrayList<>();
            for (Future<T> future : executor.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        }
    }
}
