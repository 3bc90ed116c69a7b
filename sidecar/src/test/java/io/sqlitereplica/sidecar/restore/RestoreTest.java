package io.sqlitereplica.sidecar.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RestoreTest {
    private static final int PAGE = 512;

    private final BufferPool pool = new BufferPool(0);

    @TempDir
    private Path folder;

    private Path replica;
    private Path data;
    private Path target;

    @BeforeEach
    void makeFolders() throws IOException {
        replica = Files.createDirectory(folder.resolve("replica"));
        data = Files.createDirectory(folder.resolve("data"));
        target = data.resolve("app.db");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "replica-0.5.15-ps512",
                "replica-0.5.15-ps4096",
                "replica-0.5.15-ps65536",
                "replica-0.5.18-ps512",
                "replica-0.5.18-ps4096",
                "replica-0.5.18-ps65536"
            })
    void givesTheSameBytesAsLitestream(String name) throws Exception {
        RestoreResult result = restore(golden(name));

        assertThat(sha256(target)).isEqualTo(expected(name));
        assertThat(result.txId()).isEqualTo(new TxId(8));
        assertThat(result.checkedChecksums()).isZero();
        assertThat(result.databaseBytes()).isEqualTo(Files.size(target));
        assertThat(filesIn(data)).containsExactly("app.db");
    }

    @Test
    void checksTheChecksumsOfTheDatabase() throws Exception {
        RestoreResult result = restore(golden("checksums-good-ps512"));

        assertThat(sha256(target)).isEqualTo(expected("replica-0.5.18-ps512"));
        assertThat(result.checkedChecksums()).isEqualTo(2);
        assertThat(HexFormat.of().toHexDigits(result.databaseChecksum())).isEqualTo("a89c08e3a9d6ad0b");
    }

    @Test
    void refusesAWrongChecksumOfTheDatabaseAndLeavesNothing() throws Exception {
        assertThatThrownBy(() -> restore(golden("checksums-bad-ps512")))
                .isInstanceOf(ReplicaDamagedException.class)
                .hasMessageContaining("0000000000000008-0000000000000008.ltx on level 0")
                .hasMessageContaining("a89c08e3a9d6ad0b instead of");

        assertThat(filesIn(data)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"1,512,true", "2,512,false", "3,1024,true", "4,4096,false", "5,4096,true", "6,65536,true"})
    void restoresAnyHistory(long seed, int pageSize, boolean checksums) throws Exception {
        Random random = new Random(seed);
        ModelReplica model = new ModelReplica(replica, pageSize, checksums);
        int transactions = 60;
        for (int tx = 1; tx <= transactions; tx++) {
            model.commitRandomly(random, 2_000_000 / pageSize);
        }
        writeRandomFiles(model, random, transactions);
        Path table = folder.resolve("pages");

        RestoreResult result = Restore.to(
                        RestorePoint.NEWEST, store(replica), target, table, pool, Progress.Listener.NONE)
                .orElseThrow();

        assertThat(Files.readAllBytes(target)).as("seed %d", seed).isEqualTo(model.database(transactions));
        assertThat(result.databaseChecksum()).isEqualTo(model.checksum(transactions));
        assertThat(result.timestamp()).isEqualTo(ModelReplica.START.plusSeconds(transactions));
        try (PageTable pages = PageTable.open(table)) {
            assertThat(pages.databaseChecksum(pageSize)).hasValue(model.checksum(transactions));
        }
    }

    /** Every transaction is covered at least once; snapshots and compactions cover some of them again. */
    private static void writeRandomFiles(ModelReplica model, Random random, int transactions) throws IOException {
        model.write(9, 1, 1 + random.nextInt(transactions - 1));
        for (int tx = 1; tx <= transactions; ) {
            int max = Math.min(transactions, tx + (random.nextBoolean() ? 0 : random.nextInt(9)));
            int level = max == tx ? 0 : 1 + random.nextInt(3);
            model.write(level, tx, max);
            int overlap = random.nextInt(3);
            if (tx > overlap) {
                model.write(3 + random.nextInt(5), tx - overlap, max);
            }
            tx = max + 1;
        }
    }

    @Test
    void saysThatThereIsNoReplica() throws IOException {
        assertThat(Restore.to(RestorePoint.NEWEST, store(replica), target, null, pool, Progress.Listener.NONE))
                .isEmpty();

        assertThat(filesIn(data)).isEmpty();
    }

    @Test
    void neverOverwrites() throws IOException {
        model();
        Files.writeString(target, "mine");

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(RestoreException.class)
                .hasMessageContaining(target + " already");

        assertThat(target).hasContent("mine");
    }

    @Test
    void doesNotFollowASymbolicLinkUnderTheName() throws IOException {
        model();
        Files.createSymbolicLink(target, folder.resolve("elsewhere.db"));

        assertThatThrownBy(() -> restore(replica)).isInstanceOf(RestoreException.class);

        assertThat(folder.resolve("elsewhere.db")).doesNotExist();
    }

    @Test
    void movesWhatWouldBeReplayedOverTheDatabaseAside() throws IOException {
        ModelReplica model = model();
        Files.writeString(data.resolve("app.db-wal"), "old wal");
        Files.writeString(data.resolve("app.db-shm"), "old shm");
        Files.writeString(data.resolve("app.db-journal"), "old journal");

        RestoreResult result = restore(replica);

        assertThat(Files.readAllBytes(target)).isEqualTo(model.database(2));
        assertThat(result.movedAside())
                .hasSize(3)
                .allSatisfy(file ->
                        assertThat(file.toString()).matches(".*/app\\.db-(wal|shm|journal)\\.[0-9TZ.]+\\.aside"));
        assertThat(result.movedAside().getFirst()).hasContent("old wal");
        assertThat(filesIn(data)).hasSize(4).contains("app.db");
    }

    @Test
    void cleansUpAfterARestoreThatCrashed() throws IOException {
        ModelReplica model = model();
        Path left = Files.createDirectory(data.resolve(".app.db-restoring"));
        Files.writeString(left.resolve("database"), "half of it");
        Files.writeString(left.resolve("pages"), "half of it");

        restore(replica);

        assertThat(Files.readAllBytes(target)).isEqualTo(model.database(2));
        assertThat(filesIn(data)).containsExactly("app.db");
    }

    @Test
    void refusesASecondRestoreToTheSamePlace() throws IOException {
        model();
        Path left = Files.createDirectory(data.resolve(".app.db-restoring"));
        try (FileChannel channel =
                        FileChannel.open(left.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();

            assertThatThrownBy(() -> restore(replica))
                    .isInstanceOf(RestoreException.class)
                    .hasMessageContaining("Another process restores");
        }
    }

    @Test
    void namesAFolderThatIsNotThere() throws IOException {
        model();
        target = data.resolve("sub/app.db");

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(RestoreException.class)
                .hasMessageContaining(data.resolve("sub") + ", into which app.db is to be restored, is not there");
    }

    @Test
    void refusesADatabaseThatDoesNotFitBeforeAnythingIsWritten() {
        RestoreTarget place = new RestoreTarget(target, Clock.systemUTC());

        assertThatThrownBy(() -> place.checkSpace(Integer.MAX_VALUE, 65536))
                .isInstanceOf(RestoreException.class)
                .hasMessageMatching("Not enough space in .*/data: restoring app\\.db takes 134[0-9]{6} MiB more, and "
                        + "[0-9]+ MiB are free\\. Make space, or use a larger volume");
    }

    @Test
    void asksForTheSpaceThatEachFileAdds() throws IOException {
        ModelReplica model = new ModelReplica(replica, PAGE, true);
        Random random = new Random(9);
        model.commit(2, Map.of(1, model.page(random), 2, model.page(random)));
        model.commit(2, Map.of(2, model.page(random)));
        model.commit(5, Map.of(3, model.page(random), 4, model.page(random), 5, model.page(random)));
        List<Long> asked = new ArrayList<>();
        try (Lease memory = pool.lease(1);
                PageTable pages = PageTable.open(folder.resolve("pages"))) {
            ReplicaApplier applier = new ReplicaApplier("here", pages, new ForgetfulSink(), memory.get(0));
            for (int tx = 1; tx <= 3; tx++) {
                Path file = model.write(tx == 1 ? 9 : 0, tx, tx);
                ReplicaFile listed = new ReplicaFile(
                        tx == 1 ? 9 : 0, new LtxFileName(new TxId(tx), new TxId(tx)), Files.size(file), Instant.EPOCH);
                try (FileChannel content = FileChannel.open(file)) {
                    applier.apply(listed, content, (morePages, _) -> asked.add(morePages));
                }
            }
        }

        assertThat(asked).containsExactly(2L, 3L);
    }

    private static final class ForgetfulSink implements PageSink {
        @Override
        public void page(int number, ByteBuffer page) {}

        @Override
        public void resize(int pageSize, long pages) {}
    }

    @Test
    void refusesADamagedFile() throws IOException {
        ModelReplica model = model();
        Path file = model.path(0, 2, 2);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length - 1] ^= 1;
        Files.write(file, bytes);

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(ReplicaDamagedException.class)
                .hasMessageContaining("0000000000000002-0000000000000002.ltx on level 0")
                .hasMessageContaining("does not match its checksum");

        assertThat(filesIn(data)).isEmpty();
    }

    @Test
    void refusesAFileUnderTheNameOfAnother() throws IOException {
        ModelReplica model = model();
        Files.move(model.path(0, 2, 2), model.path(0, 2, 3));

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(ReplicaDamagedException.class)
                .hasMessageContaining("its header is that of 0000000000000002-0000000000000002.ltx");
    }

    @Test
    void refusesAFileThatContinuesAnotherHistory() throws IOException {
        ModelReplica model = model();
        ModelReplica other = new ModelReplica(Files.createDirectory(folder.resolve("other")), PAGE, true);
        Random random = new Random(77);
        other.commit(1, Map.of(1, other.page(random)));
        other.commit(1, Map.of(1, other.page(random)));
        Files.copy(other.write(0, 2, 2), model.path(0, 2, 2), StandardCopyOption.REPLACE_EXISTING);

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(ReplicaDamagedException.class)
                .hasMessageContaining("it continues a database with checksum");
    }

    @Test
    void refusesAFileWithAnotherPageSize() throws IOException {
        ModelReplica model = model();
        ModelReplica other = new ModelReplica(replica, 1024, false);
        Random random = new Random(77);
        other.commit(1, Map.of(1, other.page(random)));
        other.commit(1, Map.of(1, other.page(random)));
        other.write(0, 2, 2);

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(ReplicaDamagedException.class)
                .hasMessageContaining("its pages have 1024 bytes, those of the files before it 512");
        assertThat(model.last()).isEqualTo(2);
    }

    @Test
    void refusesADatabaseThatGrewByAPageNobodyWrote() throws IOException {
        ModelReplica model = new ModelReplica(replica, PAGE, false);
        Random random = new Random(5);
        model.commit(1, Map.of(1, model.page(random)));
        model.write(9, 1, 1);
        model.write(0, 2, 2, 3, new TreeMap<>(Map.of(3, model.page(random))), 0);

        assertThatThrownBy(() -> restore(replica))
                .isInstanceOf(ReplicaDamagedException.class)
                .hasMessageContaining("no file has page 2 of the database");
    }

    @Test
    void forgetsPagesThatWereCutOffMeanwhile() throws IOException {
        ModelReplica model = new ModelReplica(replica, PAGE, false);
        Random random = new Random(6);
        model.commit(3, Map.of(1, model.page(random), 2, model.page(random), 3, model.page(random)));
        model.write(9, 1, 1);
        model.write(0, 2, 2, 1, new TreeMap<>(), 0);
        model.write(0, 3, 3, 3, new TreeMap<>(Map.of(3, model.page(random))), 0);

        assertThatThrownBy(() -> restore(replica)).hasMessageContaining("no file has page 2 of the database");
    }

    @Test
    void plansAgainWhenACompactionReplacesWhatItWantsToRead() throws IOException {
        ModelReplica model = new ModelReplica(replica, PAGE, true);
        Random random = new Random(8);
        for (int tx = 1; tx <= 30; tx++) {
            model.commitRandomly(random, 50);
            model.write(tx == 1 ? 9 : 0, tx, tx);
        }
        List<Long> plans = new ArrayList<>();
        Progress.Listener compact = progress -> {
            if (progress.filesDone() == 0 && progress.bytesDone() == 0) {
                plans.add(progress.filesTotal());
                try {
                    if (plans.size() == 1) {
                        model.write(1, 2, 30);
                        for (int tx = 2; tx <= 30; tx++) {
                            Files.delete(model.path(0, tx, tx));
                        }
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };

        assertThat(Restore.to(RestorePoint.NEWEST, store(replica), target, null, pool, compact))
                .isPresent();

        assertThat(plans).containsExactly(30L, 2L);
        assertThat(Files.readAllBytes(target)).isEqualTo(model.database(30));
    }

    @Test
    void tellsItsProgress() throws IOException {
        model();
        List<Progress> told = new ArrayList<>();

        RestoreResult result = Restore.to(RestorePoint.NEWEST, store(replica), target, null, pool, told::add)
                .orElseThrow();

        assertThat(told.getFirst()).isEqualTo(new Progress(0, result.bytesRead(), 0, 2, new TxId(2)));
        assertThat(told.getLast()).isEqualTo(new Progress(result.bytesRead(), result.bytesRead(), 2, 2, new TxId(2)));
    }

    @Test
    void givesBackEveryBuffer() throws IOException {
        model();

        restore(replica);

        assertThat(pool.usedBytes()).isZero();
    }

    /** A snapshot, and one transaction after it. */
    private ModelReplica model() throws IOException {
        ModelReplica model = new ModelReplica(replica, PAGE, true);
        Random random = new Random(1);
        model.commit(2, Map.of(1, model.page(random), 2, model.page(random)));
        model.commit(2, Map.of(2, model.page(random)));
        model.write(9, 1, 1);
        model.write(0, 2, 2);
        return model;
    }

    private RestoreResult restore(Path from) throws IOException {
        return Restore.to(RestorePoint.NEWEST, store(from), target, null, pool, Progress.Listener.NONE)
                .orElseThrow();
    }

    private FileReplicaStore store(Path root) {
        return new FileReplicaStore(root, pool);
    }

    private static List<String> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    static Path golden(String name) throws URISyntaxException {
        return Path.of(Objects.requireNonNull(RestoreTest.class.getResource("/ltx-golden/" + name))
                .toURI());
    }

    private static String expected(String name) throws IOException, URISyntaxException {
        return Files.readString(golden(name).resolve("expected.db.sha256")).substring(0, 64);
    }

    private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
    }
}
