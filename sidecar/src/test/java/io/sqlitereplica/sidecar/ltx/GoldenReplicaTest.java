package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFiles.Content;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GoldenReplicaTest {
    private final BufferPool pool = new BufferPool(0);

    @TempDir
    private Path folder;

    @AfterEach
    void everyBufferIsGivenBack() {
        assertThat(pool.usedBytes()).isZero();
    }

    static List<Path> files() {
        return GoldenReplicas.files();
    }

    static List<Path> replicas() {
        return GoldenReplicas.replicas();
    }

    @ParameterizedTest
    @MethodSource("files")
    void readsWhatLitestreamWroteAndWritesTheSamePages(Path file) throws IOException {
        Content original = LtxFiles.decode(Files.readAllBytes(file), pool);

        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        try (FileChannel in = FileChannel.open(file);
                LtxDecoder decoder = new LtxDecoder(in, pool);
                LtxEncoder encoder = new LtxEncoder(Channels.newChannel(copy), decoder.header(), folder, pool)) {
            assertThat(decoder.header().fileName()).isEqualTo(GoldenReplicas.name(file));
            ByteBuffer page = ByteBuffer.allocateDirect(decoder.header().pageSize());
            for (int number = decoder.nextPage(page); number != 0; number = decoder.nextPage(page)) {
                encoder.page(number, page);
            }
            LtxTrailer trailer = encoder.finish(decoder.trailer().postApplyChecksum());
            assertThat(encoder.bytesWritten()).isEqualTo(copy.size());
            assertThat(encoder.pagesWritten()).isEqualTo(decoder.pagesRead());
            assertThat(decoder.bytesRead()).isEqualTo(Files.size(file));
            assertThat(trailer.postApplyChecksum()).isEqualTo(decoder.trailer().postApplyChecksum());
        }

        Content copied = LtxFiles.decode(copy.toByteArray(), pool);
        assertThat(copied.header()).isEqualTo(original.header());
        assertThat(copied.pages()).isEqualTo(original.pages());
    }

    @ParameterizedTest
    @MethodSource("replicas")
    void appliesEveryTransactionToTheDatabaseThatLitestreamRestores(Path replica) throws IOException {
        Database database = new Database();
        for (Path file : GoldenReplicas.level(replica, 0)) {
            database.apply(file, pool);
        }

        assertThat(database.sha256()).isEqualTo(expectedSha256(replica));
    }

    @ParameterizedTest
    @MethodSource("replicas")
    void appliesTheNewestSnapshotAndWhatFollowsToTheDatabaseThatLitestreamRestores(Path replica) throws IOException {
        Path snapshot = GoldenReplicas.level(replica, 9).getLast();
        Database database = new Database();
        database.apply(snapshot, pool);
        int followed = 0;
        for (Path file : GoldenReplicas.level(replica, 0)) {
            if (GoldenReplicas.name(file)
                            .min()
                            .compareTo(GoldenReplicas.name(snapshot).max())
                    > 0) {
                database.apply(file, pool);
                followed++;
            }
        }

        assertThat(followed).isPositive();
        assertThat(database.sha256()).isEqualTo(expectedSha256(replica));
    }

    @Test
    void matchesTheDatabaseChecksumsOfAFileThatLitestreamAccepts() throws IOException {
        Path replica = GoldenReplicas.FOLDER.resolve("checksums-good-ps512");
        Database database = new Database();

        Path snapshot = GoldenReplicas.level(replica, 9).getFirst();
        database.apply(snapshot, pool);
        assertThat(database.checksum()).isEqualTo(postApplyChecksum(snapshot)).isEqualTo(0xeeebbead670270feL);

        Path next = GoldenReplicas.level(replica, 0).getFirst();
        assertThat(header(next).preApplyChecksum()).isEqualTo(database.checksum());
        database.apply(next, pool);
        assertThat(database.checksum()).isEqualTo(postApplyChecksum(next)).isEqualTo(0xa89c08e3a9d6ad0bL);
    }

    @Test
    void doesNotMatchTheDatabaseChecksumOfAFileThatLitestreamRefuses() throws IOException {
        Path replica = GoldenReplicas.FOLDER.resolve("checksums-bad-ps512");
        Database database = new Database();
        database.apply(GoldenReplicas.level(replica, 9).getFirst(), pool);

        Path next = GoldenReplicas.level(replica, 0).getFirst();
        database.apply(next, pool);

        assertThat(database.checksum()).isNotEqualTo(postApplyChecksum(next)).isEqualTo(0xa89c08e3a9d6ad0bL);
    }

    private LtxHeader header(Path file) throws IOException {
        try (FileChannel in = FileChannel.open(file);
                LtxDecoder decoder = new LtxDecoder(in, pool)) {
            return decoder.header();
        }
    }

    private long postApplyChecksum(Path file) throws IOException {
        try (FileChannel in = FileChannel.open(file);
                LtxDecoder decoder = new LtxDecoder(in, pool)) {
            ByteBuffer page = ByteBuffer.allocate(decoder.header().pageSize());
            while (decoder.nextPage(page) != 0) {
                // to the end
            }
            return decoder.trailer().postApplyChecksum();
        }
    }

    private static String expectedSha256(Path replica) throws IOException {
        return Files.readString(replica.resolve("expected.db.sha256")).substring(0, 64);
    }
}
