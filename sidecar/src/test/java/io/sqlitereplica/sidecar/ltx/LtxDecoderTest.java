package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The rules of the format, one by one. */
class LtxDecoderTest {
    private static final int STORED = 1 << 31;

    private final BufferPool pool = new BufferPool(0);
    private final LtxHeader header = LtxFiles.header(512, 9, 5, 5);
    private final byte[] page = LtxFiles.page(512, LtxFiles.random("LtxDecoderTest"));

    @AfterEach
    void everyBufferIsGivenBack() {
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void readsAFileMadeByHand() throws IOException {
        byte[] file = new HandmadeFile(header)
                .page(3, page)
                .lz4Frame(4, HandmadeFile.lz4Frame(512 | STORED, page, 0, page), page)
                .lz4Frame(5, HandmadeFile.lz4Frame(515, HandmadeFile.literals(page), 0, page), page)
                .page(9, page)
                .finish(0);

        LtxFiles.Content content = LtxFiles.decode(file, pool);

        assertThat(content.header()).isEqualTo(header);
        ByteBuffer expected = ByteBuffer.wrap(page);
        assertThat(content.pages())
                .containsExactlyEntriesOf(new TreeMap<>(Map.of(3, expected, 4, expected, 5, expected, 9, expected)));
    }

    @Test
    void readsFromAChannelThatGivesAByteAtATime() throws IOException {
        byte[] file = new HandmadeFile(header).page(3, page).page(4, page).finish(0);
        ByteBuffer rest = ByteBuffer.wrap(file);
        ReadableByteChannel slow = new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer into) {
                if (!rest.hasRemaining()) {
                    return -1;
                }
                into.put(rest.get());
                return 1;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };

        assertThat(LtxFiles.decode(slow, pool).pages()).containsOnlyKeys(3, 4);
    }

    @Test
    void putsThePageAtTheStartOfALargerBuffer() throws IOException {
        try (LtxDecoder decoder = decoder(new HandmadeFile(header).page(3, page).finish(0))) {
            ByteBuffer into = ByteBuffer.allocate(2000).position(5).limit(6);

            assertThat(decoder.nextPage(into)).isEqualTo(3);
            assertThat(into).isEqualTo(ByteBuffer.wrap(page));
            assertThat(decoder.nextPage(into)).isZero();
            assertThat(decoder.nextPage(into)).isZero();
            assertThatThrownBy(() -> decoder(new byte[0]).close()).isInstanceOf(LtxFormatException.class);
        }
    }

    @Test
    void refusesABufferThatIsTooSmallAndGoesOnWithALargerOne() throws IOException {
        try (LtxDecoder decoder = decoder(new HandmadeFile(header).page(3, page).finish(0))) {
            assertThatThrownBy(() -> decoder.nextPage(ByteBuffer.allocate(511)))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThat(decoder.nextPage(ByteBuffer.allocate(512))).isEqualTo(3);
        }
    }

    @Test
    void worksInMemoryOfItsCallerWithTheLargestPages() throws IOException {
        byte[] large = new byte[65536];
        LtxFiles.random("LtxDecoderTest").nextBytes(large);
        byte[] file = new HandmadeFile(LtxFiles.header(65536, 9, 5, 5))
                .page(3, large)
                .page(4, large)
                .finish(0);
        ByteBuffer memory = ByteBuffer.allocateDirect(LtxDecoder.MEMORY_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(9)
                .limit(10);
        try (LtxDecoder decoder = new LtxDecoder(LtxFiles.channel(file), memory)) {
            ByteBuffer into = ByteBuffer.allocate(65536);
            assertThat(decoder.nextPage(into)).isEqualTo(3);
            assertThat(into).isEqualTo(ByteBuffer.wrap(large));
            assertThat(decoder.nextPage(into)).isEqualTo(4);
            assertThat(decoder.nextPage(into)).isZero();
        }
        ByteBuffer tooSmall = ByteBuffer.allocateDirect(LtxDecoder.MEMORY_BYTES - 1);
        assertThatThrownBy(() -> new LtxDecoder(LtxFiles.channel(file), tooSmall).close())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void hasNoTrailerBeforeTheEndAndNoPagesWhenClosed() throws IOException {
        LtxDecoder decoder = decoder(new HandmadeFile(header).page(3, page).finish(0));
        assertThatThrownBy(decoder::trailer).isInstanceOf(IllegalStateException.class);
        decoder.close();
        decoder.close();
        assertThatThrownBy(() -> decoder.nextPage(ByteBuffer.allocate(512))).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void givesNothingMoreFromAFileFoundBad() throws IOException {
        byte[] file = new HandmadeFile(header).page(3, page).page(3, page).finish(0);
        try (LtxDecoder decoder = decoder(file)) {
            ByteBuffer into = ByteBuffer.allocate(512);
            assertThat(decoder.nextPage(into)).isEqualTo(3);
            assertThatThrownBy(() -> decoder.nextPage(into)).isInstanceOf(LtxFormatException.class);
            assertThatThrownBy(() -> decoder.nextPage(into)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(decoder::trailer).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void namesTheFileAndTheOffset() {
        byte[] file = new HandmadeFile(header).page(3, page).page(2, page).finish(0);

        refuses(file)
                .hasMessage(
                        "Bad LTX file 0000000000000005-0000000000000005.ltx: page 2 follows page 3 (at offset 625)");
    }

    @Test
    void refusesAnotherMagic() {
        refusesHeader(encoded -> encoded.put(3, (byte) '2')).hasMessageContaining("does not start with LTX1");
    }

    @Test
    void refusesUnknownHeaderFlags() {
        refusesHeader(encoded -> encoded.putInt(4, 3)).hasMessageContaining("unknown flags 0x3");
    }

    @Test
    void refusesAPageSizeThatSqliteDoesNotHave() {
        refusesHeader(encoded -> encoded.putInt(8, 1000)).hasMessageContaining("page size is 1000");
        refusesHeader(encoded -> encoded.putInt(8, STORED)).hasMessageContaining("page size");
    }

    @Test
    void refusesWrongTransactions() {
        refusesHeader(encoded -> encoded.putLong(16, 0)).hasMessageContaining("first TXID is 0");
        refusesHeader(encoded -> encoded.putLong(16, 6)).hasMessageContaining("below the first");
        refusesHeader(encoded -> encoded.putLong(24, -1)).hasMessageContaining("TXID is at most");
    }

    @Test
    void refusesAWrongPreApplyChecksum() {
        refusesHeader(encoded -> encoded.putLong(40, PageChecksum.FLAG)).hasMessageContaining("without checksums");
        refusesHeader(encoded -> encoded.putInt(4, 0)).hasMessageContaining("missing or lacks bit 63");
    }

    @Test
    void refusesAWalRangeWithoutAnOffset() {
        refusesHeader(encoded -> encoded.putLong(56, 24)).hasMessageContaining("no offset");
        refusesHeader(encoded -> encoded.putInt(68, 1)).hasMessageContaining("no offset");
        refusesHeader(encoded -> encoded.putLong(48, -1)).hasMessageContaining("Not a range of a WAL");
    }

    @Test
    void refusesReservedBytes() {
        refusesHeader(encoded -> encoded.put(80, (byte) 1)).hasMessageContaining("reserved byte");
        refusesHeader(encoded -> encoded.put(99, (byte) 1)).hasMessageContaining("reserved byte");
    }

    @Test
    void refusesPagesOutOfOrder() {
        refuses(new HandmadeFile(header).page(3, page).page(3, page).finish(0))
                .hasMessageContaining("page 3 follows page 3");
    }

    @Test
    void refusesPagesBeyondTheDatabase() {
        refuses(new HandmadeFile(header).page(10, page).finish(0)).hasMessageContaining("page 10 is beyond");
        refuses(new HandmadeFile(header).page(-1, page).finish(0)).hasMessageContaining("page 4294967295 is beyond");
    }

    @Test
    void refusesTheLockPage() {
        int lockPage = LockPage.of(512);
        LtxHeader large = LtxFiles.header(512, lockPage + 1, 5, 5);

        refuses(new HandmadeFile(large).page(lockPage, page).finish(0)).hasMessageContaining("lock page");
    }

    @Test
    void refusesASnapshotThatLacksAPage() {
        LtxHeader snapshot = LtxFiles.header(512, 3, 1, 5);

        refuses(new HandmadeFile(snapshot).page(1, page).page(3, page).finish(0))
                .hasMessageContaining("a snapshot of 3 pages has 2");
    }

    @Test
    void refusesUnknownFrameFlags() {
        byte[] block = HandmadeFile.literals(page);
        refuses(new HandmadeFile(header).frame(3, 2, block.length, block, page).finish(0))
                .hasMessageContaining("unknown flags 0x0002");
        refuses(new HandmadeFile(header).page(3, page).finish(1, 0, 1, 0)).hasMessageContaining("unknown flags 0x0001");
    }

    @Test
    void refusesABlockSizeThatNoPageHas() {
        byte[] block = HandmadeFile.literals(page);
        for (int size : new int[] {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 512 + 512 / 255 + 16 + 1}) {
            refuses(new HandmadeFile(header)
                            .frame(3, PageFrame.BLOCK, size, block, page)
                            .finish(0))
                    .hasMessageContaining("a compressed page has " + Integer.toUnsignedString(size));
        }
    }

    @Test
    void refusesPagesOfAnotherSize() {
        byte[] shorter = Arrays.copyOf(page, 511);
        byte[] longer = Arrays.copyOf(page, 513);

        refuses(new HandmadeFile(header).page(3, shorter).finish(0)).hasMessageContaining("a page has 511 bytes");
        refuses(new HandmadeFile(header).page(3, longer).finish(0)).hasMessageContaining("cannot be decompressed");
        refusesLz4(HandmadeFile.lz4Frame(514, HandmadeFile.literals(shorter), 0, shorter), shorter)
                .hasMessageContaining("a page has 511 bytes");
        refusesLz4(HandmadeFile.lz4Frame(511 | STORED, shorter, 0, shorter), shorter)
                .hasMessageContaining("a stored page has 511 bytes");
        refusesLz4(HandmadeFile.lz4Frame(513 | STORED, longer, 0, longer), longer)
                .hasMessageContaining("a stored page has 513 bytes");
    }

    @Test
    void refusesAnLz4FrameOfAnotherKind() {
        byte[] good = HandmadeFile.lz4Frame(512 | STORED, page, 0, page);
        for (int i = 0; i < 7; i++) {
            byte[] bad = good.clone();
            bad[i] ^= 1;
            refusesLz4(bad, page).hasMessageContaining("LZ4 frame starts in an unknown way");
        }
    }

    @Test
    void refusesALz4FrameWithASecondBlockOrAnotherChecksum() {
        refusesLz4(HandmadeFile.lz4Frame(512 | STORED, page, 1, page), page).hasMessageContaining("second block");
        byte[] bad = HandmadeFile.lz4Frame(512 | STORED, page, 0, page);
        bad[bad.length - 1] ^= 1;
        refusesLz4(bad, page).hasMessageContaining("checksum of its LZ4 frame");
    }

    @Test
    void refusesAnIndexThatIsNotThatOfThePages() {
        byte[] right = new HandmadeFile(header).page(3, page).page(4, page).index();
        refusesIndex(new byte[0]);
        refusesIndex(Arrays.copyOf(right, right.length / 2));
        refusesIndex(Arrays.copyOf(right, right.length + 3));
        for (int i = 0; i < right.length; i++) {
            byte[] wrong = right.clone();
            wrong[i] ^= 1;
            refusesIndex(wrong);
        }
        byte[] swapped = new byte[right.length];
        System.arraycopy(right, right.length / 2, swapped, 0, right.length / 2);
        System.arraycopy(right, 0, swapped, right.length / 2, right.length / 2);
        refusesIndex(swapped);
    }

    private void refusesIndex(byte[] index) {
        refuses(new HandmadeFile(header)
                        .page(3, page)
                        .page(4, page)
                        .index(index)
                        .finish(0))
                .hasMessageContaining("index does not match");
    }

    @Test
    void refusesAWrongEndOrLengthOfTheIndex() {
        refuses(new HandmadeFile(header).page(3, page).finish(0, 1, 1, 0)).hasMessageContaining("index does not match");
        refuses(new HandmadeFile(header).page(3, page).finish(0, 0, 0, 0)).hasMessageContaining("index does not match");
        refuses(new HandmadeFile(header).page(3, page).finish(0, 0, 2, 0)).hasMessageContaining("index does not match");
    }

    @Test
    void refusesAPostApplyChecksumThatDoesNotSuitTheHeader() {
        refuses(new HandmadeFile(header).finish(PageChecksum.FLAG)).hasMessageContaining("post-apply checksum 8000");
        LtxHeader with = new LtxHeader(
                512, 9, new TxId(5), new TxId(5), LtxFiles.TIME, false, PageChecksum.FLAG, WalRange.NONE, 0);
        refuses(new HandmadeFile(with).finish(0)).hasMessageContaining("post-apply checksum 0000");
        refuses(new HandmadeFile(with).finish(1)).hasMessageContaining("post-apply checksum 0000000000000001");
    }

    @Test
    void refusesBytesAfterTheTrailer() {
        byte[] file = new HandmadeFile(header).page(3, page).finish(0);

        refuses(Arrays.copyOf(file, file.length + 1))
                .hasMessageContaining("after the trailer (at offset %d)".formatted(file.length));
        refuses(Arrays.copyOf(file, file.length + 300_000)).hasMessageContaining("after the trailer");
    }

    private AbstractThrowableAssert<?, ?> refusesHeader(Consumer<ByteBuffer> change) {
        return refuses(new HandmadeFile(header, change).page(3, page).finish(0));
    }

    private AbstractThrowableAssert<?, ?> refusesLz4(byte[] frame, byte[] content) {
        return refuses(new HandmadeFile(header).lz4Frame(3, frame, content).finish(0));
    }

    private AbstractThrowableAssert<?, ?> refuses(byte[] file) {
        return assertThatThrownBy(() -> LtxFiles.decode(file, pool)).isExactlyInstanceOf(LtxFormatException.class);
    }

    private LtxDecoder decoder(byte[] file) throws IOException {
        return new LtxDecoder(LtxFiles.channel(file), pool);
    }
}
