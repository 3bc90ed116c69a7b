package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class Crc64Test {
    @Test
    void givesTheCheckValueOfTheAlgorithm() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);

        assertThat(Crc64.value(Crc64.update(Crc64.START, ByteBuffer.wrap(digits), 0, 9)))
                .isEqualTo(0xb90956c775a41001L);
    }

    @Test
    void givesTheChecksumOfAPageAsLitestreamDoes() {
        ByteBuffer page = ByteBuffer.wrap("1".repeat(512).getBytes(StandardCharsets.US_ASCII));

        assertThat(PageChecksum.of(1, page)).isEqualTo(0xeb1a999231044dddL);
        assertThat(page.remaining()).isEqualTo(512);
    }

    @Test
    void takesTheRemainingBytesOfAPage() {
        ByteBuffer page = ByteBuffer.allocateDirect(600).order(ByteOrder.LITTLE_ENDIAN);
        page.put(13, "1".repeat(512).getBytes(StandardCharsets.US_ASCII));

        assertThat(PageChecksum.of(1, page.position(13).limit(525))).isEqualTo(0xeb1a999231044dddL);
        assertThat(page.position()).isEqualTo(13);
    }

    @Test
    void agreesWithTheDefinitionBitByBitForEveryLengthAndPosition() {
        Random random = LtxFiles.random("Crc64Test");
        byte[] bytes = new byte[400];
        random.nextBytes(bytes);
        ByteBuffer heap = ByteBuffer.wrap(bytes);
        ByteBuffer direct = ByteBuffer.allocateDirect(400).put(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int from = 0; from < 9; from++) {
            for (int to = from; to <= 400; to++) {
                long start = random.nextLong();
                long expected = definition(start, bytes, from, to);
                assertThat(Crc64.update(start, heap, from, to)).isEqualTo(expected);
                assertThat(Crc64.update(start, direct, from, to)).isEqualTo(expected);
            }
        }
    }

    @Test
    void addsANumberAsItsFourBytes() {
        byte[] bytes = {(byte) 0xfe, (byte) 0xdc, 0x12, (byte) 0x80};

        assertThat(Crc64.updateInt(Crc64.START, 0xfedc1280)).isEqualTo(definition(Crc64.START, bytes, 0, 4));
    }

    private static long definition(long state, byte[] bytes, int from, int to) {
        long crc = state;
        for (int i = from; i < to; i++) {
            crc ^= bytes[i] & 0xff;
            for (int bit = 0; bit < 8; bit++) {
                crc = (crc & 1) == 0 ? crc >>> 1 : crc >>> 1 ^ 0xD800000000000000L;
            }
        }
        return crc;
    }
}
