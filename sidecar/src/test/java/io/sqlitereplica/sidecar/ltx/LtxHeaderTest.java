package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LtxHeaderTest {
    private static final long CHECKSUM = PageChecksum.FLAG | 0x123456789abcdefL;
    private static final WalRange WAL = new WalRange(32, 4120, 0xf41a3842, 0x27c22a49);

    private static LtxHeader header(
            int pageSize, long commit, long min, long max, boolean noChecksum, long preApplyChecksum) {
        return new LtxHeader(
                pageSize,
                commit,
                new TxId(min),
                new TxId(max),
                LtxFiles.TIME,
                noChecksum,
                preApplyChecksum,
                WAL,
                0x1122334455667788L);
    }

    @Test
    void readsBackWhatItWrote() throws LtxFormatException {
        LtxHeader header = header(4096, 10, 2, 3, false, CHECKSUM);
        ByteBuffer encoded = ByteBuffer.allocate(120);
        header.put(encoded);

        assertThat(encoded.position()).isEqualTo(LtxHeader.BYTES);
        assertThat(encoded.getInt(0)).isEqualTo(0x4c545831);
        assertThat(LtxHeader.get(encoded.flip())).isEqualTo(header);
        assertThat(encoded.position()).isEqualTo(LtxHeader.BYTES);
    }

    @Test
    void cutsTheTimestampToMilliseconds() {
        LtxHeader header = new LtxHeader(
                512,
                1,
                new TxId(1),
                new TxId(1),
                Instant.parse("2026-11-23T01:17:37.317999999Z"),
                true,
                0,
                WalRange.NONE,
                0);

        assertThat(header.timestamp()).isEqualTo(Instant.parse("2026-11-23T01:17:37.317Z"));
    }

    @Test
    void takesAFileFromTheFirstTransactionForASnapshot() {
        assertThat(header(512, 1, 1, 9, true, 0).isSnapshot()).isTrue();
        assertThat(header(512, 1, 2, 9, true, 0).isSnapshot()).isFalse();
        assertThat(header(512, 1, 2, 9, true, 0).fileName()).hasToString("0000000000000002-0000000000000009.ltx");
    }

    @Test
    void doesNotCountTheLockPageToASnapshot() {
        assertThat(header(65536, 16384, 1, 1, true, 0).pagesOfSnapshot()).isEqualTo(16384);
        assertThat(header(65536, 16385, 1, 1, true, 0).pagesOfSnapshot()).isEqualTo(16384);
        assertThat(header(65536, 16386, 1, 1, true, 0).pagesOfSnapshot()).isEqualTo(16385);
    }

    @ParameterizedTest
    @ValueSource(ints = {-512, 0, 1, 256, 513, 4095, 131072, Integer.MIN_VALUE})
    void refusesAPageSizeThatSqliteDoesNotHave(int pageSize) {
        assertThatThrownBy(() -> header(pageSize, 1, 1, 1, true, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("page size is " + pageSize);
    }

    @Test
    void refusesTransactionsOutOfOrder() {
        assertThatThrownBy(() -> header(512, 1, 0, 1, true, 0)).hasMessageContaining("first TXID is 0");
        assertThatThrownBy(() -> header(512, 1, 3, 2, true, 0)).hasMessageContaining("below the first");
    }

    @Test
    void refusesADatabaseSizeThatIsNone() {
        assertThatThrownBy(() -> header(512, -1, 1, 1, true, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> header(512, 1L << 31, 1, 1, true, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesAPreApplyChecksumWhereNoneBelongs() {
        assertThatThrownBy(() -> header(512, 1, 1, 1, false, CHECKSUM)).hasMessageContaining("snapshot");
        assertThatThrownBy(() -> header(512, 1, 2, 2, true, CHECKSUM)).hasMessageContaining("without checksums");
    }

    @Test
    void refusesAMissingOrUnmarkedPreApplyChecksum() {
        assertThatThrownBy(() -> header(512, 1, 2, 2, false, 0)).hasMessageContaining("missing or lacks bit 63");
        assertThatThrownBy(() -> header(512, 1, 2, 2, false, 1)).hasMessageContaining("missing or lacks bit 63");
    }
}
