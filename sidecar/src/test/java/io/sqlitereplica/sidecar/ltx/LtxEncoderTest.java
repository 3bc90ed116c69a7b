package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFiles.Content;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LtxEncoderTest {
    private static final long CHECKSUM = PageChecksum.FLAG | 7;

    private final BufferPool pool = new BufferPool(0);
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @AfterEach
    void nothingIsLeft() {
        assertThat(pool.usedBytes()).isZero();
        assertThat(folder).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768, 65536})
    void writesPagesOfEveryKindThatReadBackTheSame(int pageSize) throws IOException {
        Random random = LtxFiles.random("LtxEncoderTest");
        LtxHeader header = new LtxHeader(
                pageSize,
                5000,
                new TxId(7),
                new TxId(9),
                LtxFiles.TIME,
                false,
                PageChecksum.FLAG | 5,
                new WalRange(32, 4120, 8, 9),
                42);
        TreeMap<Integer, ByteBuffer> pages = new TreeMap<>();
        int number = 0;
        while (pages.size() < 60) {
            number += 1 + random.nextInt(3);
            pages.put(number, ByteBuffer.wrap(LtxFiles.page(pageSize, random)));
        }

        LtxTrailer trailer;
        try (LtxEncoder encoder = encoder(header)) {
            ByteBuffer direct = ByteBuffer.allocateDirect(pageSize + 10).position(10);
            for (var page : pages.entrySet()) {
                boolean useDirect = random.nextBoolean();
                direct.put(10, page.getValue(), 0, pageSize);
                ByteBuffer given = useDirect ? direct : page.getValue();
                encoder.page(page.getKey(), given);
                assertThat(given.remaining()).isEqualTo(pageSize);
            }
            trailer = encoder.finish(CHECKSUM);
            assertThat(encoder.bytesWritten()).isEqualTo(out.size());
            assertThat(encoder.pagesWritten()).isEqualTo(60);
        }

        Content content = LtxFiles.decode(out.toByteArray(), pool);
        assertThat(content.header()).isEqualTo(header);
        assertThat(content.pages()).isEqualTo(pages);
        assertThat(content.trailer()).isEqualTo(trailer);
        assertThat(trailer.postApplyChecksum()).isEqualTo(CHECKSUM);
    }

    @Test
    void writesToAChannelThatTakesAByteAtATime() throws IOException {
        TreeMap<Integer, byte[]> pages = new TreeMap<>();
        pages.put(3, LtxFiles.page(4096, LtxFiles.random("LtxEncoderTest")));
        LtxHeader header = LtxFiles.header(4096, 9, 2, 2);
        WritableByteChannel slow = new WritableByteChannel() {
            @Override
            public int write(ByteBuffer from) {
                out.write(from.get());
                return 1;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        };
        try (LtxEncoder encoder = new LtxEncoder(slow, header, folder, pool)) {
            encoder.page(3, ByteBuffer.wrap(pages.get(3)));
            encoder.finish(0);
        }

        assertThat(out.toByteArray()).isEqualTo(LtxFiles.encode(header, 0, pages, pool));
    }

    @Test
    void worksInMemoryOfItsCallerWithTheLargestPages() throws IOException {
        LtxHeader header = LtxFiles.header(65536, 9, 2, 2);
        TreeMap<Integer, byte[]> pages = new TreeMap<>();
        Random random = LtxFiles.random("LtxEncoderTest");
        for (int number = 1; number < 9; number++) {
            pages.put(number, new byte[65536]);
            random.nextBytes(pages.get(number));
        }
        ByteBuffer memory = ByteBuffer.allocateDirect(LtxEncoder.MEMORY_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(9)
                .limit(10);
        try (LtxEncoder encoder = new LtxEncoder(Channels.newChannel(out), header, folder, memory)) {
            for (var page : pages.entrySet()) {
                encoder.page(page.getKey(), ByteBuffer.wrap(page.getValue()));
            }
            encoder.finish(0);
        }

        assertThat(out.toByteArray()).isEqualTo(LtxFiles.encode(header, 0, pages, pool));
        ByteBuffer tooSmall = ByteBuffer.allocateDirect(LtxEncoder.MEMORY_BYTES - 1);
        assertThatThrownBy(() -> new LtxEncoder(Channels.newChannel(out), header, folder, tooSmall).close())
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void writesAFileWithoutPages() throws IOException {
        LtxHeader header = LtxFiles.header(512, 9, 2, 2);
        try (LtxEncoder encoder = encoder(header)) {
            encoder.finish(0);
        }

        assertThat(out.size()).isEqualTo(LtxHeader.BYTES + 6 + 1 + 8 + LtxTrailer.BYTES);
        assertThat(LtxFiles.decode(out.toByteArray(), pool).pages()).isEmpty();
    }

    @Test
    void writesAnEmptyDatabase() throws IOException {
        LtxHeader header = LtxFiles.header(512, 0, 1, 1);
        try (LtxEncoder encoder = encoder(header)) {
            encoder.finish(0);
        }

        assertThat(LtxFiles.decode(out.toByteArray(), pool).header()).isEqualTo(header);
    }

    @Test
    void holdsTheSnapshotOfADatabaseBeyondTheLockPageInConstantMemory() throws IOException {
        int pageSize = 65536;
        int lockPage = LockPage.of(pageSize);
        LtxHeader header = LtxFiles.header(pageSize, lockPage + 1, 1, 1);
        try (LtxEncoder encoder = encoder(header)) {
            ByteBuffer zeros = ByteBuffer.allocateDirect(pageSize);
            for (int page = 1; page < lockPage; page++) {
                encoder.page(page, zeros);
            }
            assertThatThrownBy(() -> encoder.page(lockPage, zeros))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("lock page");
            assertThatThrownBy(() -> encoder.finish(0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("snapshot of 16385 pages was given 16384");
            encoder.page(lockPage + 1, zeros);
            encoder.finish(0);
            assertThat(pool.usedBytes()).isEqualTo(BufferPool.BUFFER_BYTES);
        }

        try (LtxDecoder decoder = new LtxDecoder(LtxFiles.channel(out.toByteArray()), pool)) {
            ByteBuffer page = ByteBuffer.allocateDirect(pageSize);
            for (int expected = 1; expected <= lockPage + 1; expected++) {
                if (expected != lockPage) {
                    assertThat(decoder.nextPage(page)).isEqualTo(expected);
                }
            }
            assertThat(decoder.nextPage(page)).isZero();
            assertThat(pool.usedBytes()).isEqualTo(BufferPool.BUFFER_BYTES);
        }
    }

    @Test
    void spillsALargePageIndexToAFileWithoutAName() throws IOException {
        int pages = 40_000; // an index of about 300 KB
        LtxHeader header = LtxFiles.header(512, pages, 1, 1);
        try (LtxEncoder encoder = encoder(header)) {
            writeNumberedPages(encoder, pages);
            assertThat(folder).isEmptyDirectory();
            encoder.finish(0);
        }

        try (LtxDecoder decoder = new LtxDecoder(LtxFiles.channel(out.toByteArray()), pool)) {
            ByteBuffer page = ByteBuffer.allocate(512);
            for (int expected = 1; expected <= pages; expected++) {
                assertThat(decoder.nextPage(page)).isEqualTo(expected);
                assertThat(page.getInt(0)).isEqualTo(expected);
            }
            assertThat(decoder.nextPage(page)).isZero();
        }
    }

    @Test
    void needsTheSpillFolderOnlyForALargePageIndex() throws IOException {
        Path missing = folder.resolve("missing");
        LtxHeader header = LtxFiles.header(512, 40_000, 2, 2);
        try (LtxEncoder encoder = new LtxEncoder(Channels.newChannel(out), header, missing, pool)) {
            writeNumberedPages(encoder, 5_000);
            encoder.finish(0);
        }

        assertThat(LtxFiles.decode(out.toByteArray(), pool).pages()).hasSize(5_000);
        try (LtxEncoder encoder = new LtxEncoder(Channels.newChannel(out), header, missing, pool)) {
            assertThatThrownBy(() -> writeNumberedPages(encoder, 40_000)).isInstanceOf(NoSuchFileException.class);
        }
    }

    private static void writeNumberedPages(LtxEncoder encoder, int pages) throws IOException {
        ByteBuffer page = ByteBuffer.allocate(512);
        for (int number = 1; number <= pages; number++) {
            encoder.page(number, page.putInt(0, number));
        }
    }

    @Test
    void refusesPagesThatDoNotBelong() throws IOException {
        try (LtxEncoder encoder = encoder(LtxFiles.header(512, 9, 2, 2))) {
            ByteBuffer page = ByteBuffer.allocate(512);
            assertThatThrownBy(() -> encoder.page(0, page)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> encoder.page(-1, page)).isInstanceOf(IllegalArgumentException.class);
            encoder.page(5, page);
            assertThatThrownBy(() -> encoder.page(5, page)).hasMessageContaining("Page 5 cannot follow page 5");
            assertThatThrownBy(() -> encoder.page(4, page)).hasMessageContaining("Page 4 cannot follow page 5");
            assertThatThrownBy(() -> encoder.page(10, page)).hasMessageContaining("beyond the end of the database");
            assertThatThrownBy(() -> encoder.page(6, page.slice(0, 511))).hasMessageContaining("511 bytes");
            assertThatThrownBy(() -> encoder.page(6, ByteBuffer.allocate(513))).hasMessageContaining("513 bytes");
            encoder.page(9, page);
            encoder.finish(0);
        }

        assertThat(LtxFiles.decode(out.toByteArray(), pool).pages()).containsOnlyKeys(5, 9);
    }

    @Test
    void refusesTheLockPage() throws IOException {
        int lockPage = LockPage.of(512);
        try (LtxEncoder encoder = encoder(LtxFiles.header(512, lockPage + 5, 2, 2))) {
            ByteBuffer page = ByteBuffer.allocate(512);
            encoder.page(lockPage - 1, page);
            assertThatThrownBy(() -> encoder.page(lockPage, page)).hasMessageContaining("lock page");
            encoder.page(lockPage + 1, page);
            encoder.finish(0);
        }

        assertThat(LtxFiles.decode(out.toByteArray(), pool).pages()).containsOnlyKeys(lockPage - 1, lockPage + 1);
    }

    @Test
    void refusesAPostApplyChecksumThatDoesNotSuitTheHeader() throws IOException {
        try (LtxEncoder encoder = encoder(LtxFiles.header(512, 9, 2, 2))) {
            assertThatThrownBy(() -> encoder.finish(CHECKSUM)).hasMessageContaining("without checksums");
        }
        LtxHeader with = new LtxHeader(
                512, 9, new TxId(2), new TxId(2), LtxFiles.TIME, false, PageChecksum.FLAG | 5, WalRange.NONE, 0);
        try (LtxEncoder encoder = encoder(with)) {
            assertThatThrownBy(() -> encoder.finish(0)).hasMessageContaining("with checksums");
            assertThatThrownBy(() -> encoder.finish(7)).hasMessageContaining("with checksums");
        }
    }

    @Test
    void takesNothingMoreWhenItIsFinishedOrClosed() throws IOException {
        ByteBuffer page = ByteBuffer.allocate(512);
        LtxEncoder finished = encoder(LtxFiles.header(512, 9, 2, 2));
        finished.finish(0);
        assertThatThrownBy(() -> finished.page(1, page)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> finished.finish(0)).isInstanceOf(IllegalStateException.class);
        finished.close();
        finished.close();

        LtxEncoder closed = encoder(LtxFiles.header(512, 9, 2, 2));
        closed.close();
        assertThatThrownBy(() -> closed.page(1, page)).isInstanceOf(IllegalStateException.class);
    }

    private LtxEncoder encoder(LtxHeader header) {
        return new LtxEncoder(Channels.newChannel(out), header, folder, pool);
    }
}
