package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LtxValuesTest {
    private static final String RANGE = "0000000000000002-000000000000001f.ltx";

    @Test
    void writesATxIdAsSixteenHexadecimalDigitsAndReadsItBack() {
        TxId txId = new TxId(0x1fL);

        assertThat(txId).hasToString("000000000000001f");
        assertThat(TxId.parse("000000000000001f")).isEqualTo(txId);
        assertThat(TxId.parse("7fffffffffffffff")).isEqualTo(new TxId(Long.MAX_VALUE));
        assertThat(TxId.ZERO.next()).isEqualTo(new TxId(1)).isGreaterThan(TxId.ZERO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "000000000000001F", "00000000000000001", " 000000000000001", "8000000000000000"})
    void readsNothingElseAsATxId(String text) {
        assertThatThrownBy(() -> TxId.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(text);
    }

    @Test
    void refusesATxIdBeyondTheLargest() {
        assertThatThrownBy(() -> new TxId(-1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TxId(Long.MAX_VALUE).next()).isInstanceOf(ArithmeticException.class);
    }

    @Test
    void writesAFileNameAsTheRangeItHoldsAndReadsItBack() {
        LtxFileName name = new LtxFileName(new TxId(2), new TxId(0x1f));

        assertThat(name).hasToString(RANGE);
        assertThat(LtxFileName.parse(RANGE)).contains(name);
        assertThat(LtxFileName.of(new TxId(2))).isEqualTo(new LtxFileName(new TxId(2), new TxId(2)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "owner.json",
                RANGE + ".tmp",
                "x" + RANGE,
                "0000000000000002-000000000000001F.ltx",
                "0000000000000002-0000000000000001.ltx",
                "0000000000000000-0000000000000001.ltx",
                "8000000000000000-8000000000000001.ltx",
            })
    void takesNoOtherNameForAnLtxFile(String name) {
        assertThat(LtxFileName.parse(name)).isEmpty();
    }

    @Test
    void refusesAFileNameThatIsNoRange() {
        assertThatThrownBy(() -> new LtxFileName(TxId.ZERO, new TxId(1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LtxFileName(new TxId(3), new TxId(2)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void ordersFileNamesByFirstThenLastTransaction() {
        List<LtxFileName> ordered = Stream.of(range(1, 1), range(1, 9), range(2, 2), range(2, 3), range(10, 10))
                .toList();

        assertThat(ordered.reversed().stream().sorted()).containsExactlyElementsOf(ordered);
        assertThat(ordered.stream().map(LtxFileName::isSnapshot)).containsExactly(true, true, false, false, false);
    }

    private static LtxFileName range(long min, long max) {
        return new LtxFileName(new TxId(min), new TxId(max));
    }

    @ParameterizedTest
    @CsvSource({"512, 2097153", "1024, 1048577", "4096, 262145", "65536, 16385"})
    void knowsTheLockPage(int pageSize, int lockPage) {
        assertThat(LockPage.of(pageSize)).isEqualTo(lockPage);
        assertThat((lockPage - 1L) * pageSize).isEqualTo(1L << 30);
    }

    @Test
    void knowsWhereAWalRangeEnds() {
        assertThat(new WalRange(32, 4120, 1, 2).end()).isEqualTo(4152);
        assertThat(new WalRange(32, 4120, 1, 2).sameSalts(new WalRange(64, 0, 1, 2)))
                .isTrue();
        assertThat(new WalRange(32, 4120, 1, 2).sameSalts(new WalRange(32, 4120, 1, 3)))
                .isFalse();
        assertThat(new WalRange(32, 4120, 1, 2).sameSalts(new WalRange(32, 4120, 3, 2)))
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0, 0", "1, -1, 0, 0", "0, 1, 0, 0", "0, 0, 1, 0", "0, 0, 0, 1", "9223372036854775807, 1, 0, 0"})
    void refusesWhatIsNoRangeOfAWal(long offset, long size, int salt1, int salt2) {
        assertThatThrownBy(() -> new WalRange(offset, size, salt1, salt2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesATrailerWithoutBit63InItsChecksums() {
        assertThat(new LtxTrailer(0, PageChecksum.FLAG).postApplyChecksum()).isZero();
        assertThatThrownBy(() -> new LtxTrailer(1, PageChecksum.FLAG)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new LtxTrailer(0, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
