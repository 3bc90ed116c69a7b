package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How a stream becomes parts, the next of which is gathered while one is sent. */
class PartGathererTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"0, 5", "48, 5", "49, 6", "5120, 525"})
    void areAsLongAsTenThousandMustBe(long gib, long partMib) throws Exception {
        StreamLimit streams = new StreamLimit(new BufferPool(10 * MIB));

        try (PartGatherer part = PartGatherer.of(gib * GIB, streams, folder)) {
            assertThat(part.capacity()).isEqualTo(partMib * MIB).isGreaterThanOrEqualTo(gib * GIB / 10_000);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @CsvSource({"20", "21", "29", "32", "39", "40", "60"})
    void aPartIsWholeWhileTheNextIsGathered(int limit) throws Exception {
        StreamLimit streams = new StreamLimit(new BufferPool((limit + 8L) * BufferPool.BUFFER_BYTES));
        Random random = new Random(limit);
        byte[] stream = new byte[7 * PartGatherer.LEAST_BYTES + 12_345];
        random.nextBytes(stream);
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        ByteBuffer bytes = ByteBuffer.wrap(stream);
        long ahead = 0;

        try (PartGatherer parts = PartGatherer.of(GIB, streams, folder)) {
            PartBody sending = null;
            while (bytes.hasRemaining()) {
                int before = bytes.limit(Math.min(stream.length, bytes.position() + random.nextInt(100_000)))
                        .remaining();
                parts.put(bytes);
                boolean stuck = bytes.remaining() == before && before > 0;
                bytes.limit(stream.length);
                if (stuck && sending != null) {
                    ahead = Math.max(ahead, parts.filled());
                    sending.inputStream().transferTo(sent);
                    parts.release();
                    sending = null;
                } else if (stuck) {
                    sending = parts.take();
                }
            }
            if (sending != null) {
                sending.inputStream().transferTo(sent);
                parts.release();
            }
            parts.take().inputStream().transferTo(sent);
        }

        assertThat(sent.toByteArray()).isEqualTo(stream);
        assertThat(ahead).isEqualTo(Math.min(20, limit - 20) * (long) BufferPool.BUFFER_BYTES);
    }
}
