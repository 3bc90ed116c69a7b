package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFiles.Content;
import io.sqlitereplica.sidecar.testing.Mutator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** However a file is damaged: it is refused, or it says the same as before; it is never read as something else. */
class DamagedFileTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int INDEX_LENGTH_AND_TRAILER_BYTES = 24;

    private final BufferPool pool = new BufferPool(0);

    @AfterEach
    void everyBufferIsGivenBack() {
        assertThat(pool.usedBytes()).isZero();
    }

    /** Both kinds of page frame, with and without checksums of the database, compressible pages and others. */
    static List<Path> files() {
        return Stream.of(
                        "replica-0.5.15-ps512/ltx/0/0000000000000002-0000000000000002.ltx",
                        "replica-0.5.15-ps512/ltx/0/0000000000000003-0000000000000003.ltx",
                        "replica-0.5.18-ps512/ltx/0/0000000000000002-0000000000000002.ltx",
                        "replica-0.5.18-ps512/ltx/0/0000000000000003-0000000000000003.ltx",
                        "checksums-good-ps512/ltx/0/0000000000000008-0000000000000008.ltx")
                .map(GoldenReplicas.FOLDER::resolve)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("files")
    void isRefusedOrReadTheSameWhenABitIsFlipped(Path path) throws IOException {
        byte[] file = Files.readAllBytes(path);
        Content original = LtxFiles.decode(file, pool);
        int framesEnd = framesEnd(file, original);

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int at = 0; at < file.length; at++) {
                for (int bit = 0; bit < 8; bit++) {
                    byte[] damaged = file.clone();
                    damaged[at] ^= (byte) (1 << bit);
                    boolean refused = isRefusedOrTheSame(damaged, original);
                    if (!refused && (at < LtxHeader.BYTES || at >= framesEnd)) {
                        fail("A flip of bit %d at %d went unnoticed", bit, at);
                    }
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void isRefusedWhenCutShort(Path path) throws IOException {
        byte[] file = Files.readAllBytes(path);
        Content original = LtxFiles.decode(file, pool);

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int length = 0; length < file.length; length++) {
                if (!isRefusedOrTheSame(Arrays.copyOf(file, length), original)) {
                    fail("Only %d of %d bytes were read as a whole file", length, file.length);
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("files")
    void isRefusedOrReadTheSameWhenBytesAreReplacedMovedOrLost(Path path) throws IOException {
        byte[] file = Files.readAllBytes(path);
        Content original = LtxFiles.decode(file, pool);
        Mutator mutator = new Mutator("DamagedFileTest");

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int round = 0; round < 3000; round++) {
                isRefusedOrTheSame(mutator.damage(file), original);
            }
        });
    }

    private boolean isRefusedOrTheSame(byte[] damaged, Content original) throws IOException {
        Content content;
        try {
            content = LtxFiles.decode(damaged, pool);
        } catch (LtxFormatException e) {
            return true;
        }
        assertThat(content).isEqualTo(original);
        return false;
    }

    /** Where the empty page header starts: all that follows is under a checksum. */
    private static int framesEnd(byte[] file, Content content) {
        long indexLength = ByteBuffer.wrap(file).getLong(file.length - INDEX_LENGTH_AND_TRAILER_BYTES);
        assertThat(content.pages()).isNotEmpty();
        return (int) (file.length - INDEX_LENGTH_AND_TRAILER_BYTES - indexLength - PageFrame.HEADER_BYTES);
    }
}
