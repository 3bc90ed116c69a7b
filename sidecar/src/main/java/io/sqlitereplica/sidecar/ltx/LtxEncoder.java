package io.sqlitereplica.sidecar.ltx;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Writes one LTX file as a stream. What it holds in memory does not depend on the number of pages.
 *
 * <p>Not for several threads. After an exception the file is not to be used; {@link #close} and start again.
 */
public final class LtxEncoder implements AutoCloseable {
    /** More than what there is once in a file. */
    private static final int ONCE_BYTES = 4096;

    /** Page, offset and length in the index, as varints. */
    private static final int MAX_INDEX_ENTRY_BYTES = 5 + 10 + 5;

    private static final int INDEX_BUFFER_BYTES = 64 * 1024;

    /** What an encoder needs: 64 KiB of the page index, the largest page if it grows by compression, a little more. */
    public static final int MEMORY_BYTES = INDEX_BUFFER_BYTES + 84 * 1024;

    private final WritableByteChannel out;
    private final LtxHeader header;
    private final int lockPage;
    private final int maxCompressedBytes;
    private final @Nullable Lease lease;
    private final ByteBuffer buffer;
    private final PageIndexSpill index;
    private long crc = Crc64.START;
    private long flushedBytes;
    private long indexBytes;
    private long pages;
    private int lastPage;
    private boolean finished;

    /**
     * Starts a file with this header. Leases one buffer until {@link #close}. Page frames are of the newer kind, which
     * Litestream reads from 0.5.16.
     *
     * @param out in blocking mode; not closed
     * @param spillFolder where the page index goes, as a temporary file, if it exceeds 64 KiB
     */
    public LtxEncoder(WritableByteChannel out, LtxHeader header, Path spillFolder, BufferPool pool) {
        this(out, header, spillFolder, pool.lease(1));
    }

    private LtxEncoder(WritableByteChannel out, LtxHeader header, Path spillFolder, Lease lease) {
        this(out, header, spillFolder, lease, lease.get(0));
    }

    /**
     * As the other, for callers that lease memory for several things at once.
     *
     * @param memory {@link #MEMORY_BYTES} or more, direct for speed; the caller's again after {@link #close}
     */
    public LtxEncoder(WritableByteChannel out, LtxHeader header, Path spillFolder, ByteBuffer memory) {
        this(out, header, spillFolder, null, memory);
    }

    private LtxEncoder(
            WritableByteChannel out, LtxHeader header, Path spillFolder, @Nullable Lease lease, ByteBuffer memory) {
        if (memory.capacity() < MEMORY_BYTES) {
            throw new IllegalArgumentException(
                    "An encoder needs %d bytes, not %d".formatted(MEMORY_BYTES, memory.capacity()));
        }
        this.out = out;
        this.header = header;
        this.lease = lease;
        this.lockPage = LockPage.of(header.pageSize());
        this.maxCompressedBytes = PageCompression.maxCompressedLength(header.pageSize());
        ByteBuffer whole = memory.duplicate().clear(); // the slices of which are big-endian
        this.index = new PageIndexSpill(whole.slice(0, INDEX_BUFFER_BYTES), spillFolder);
        this.buffer = whole.slice(INDEX_BUFFER_BYTES, whole.capacity() - INDEX_BUFFER_BYTES);
        header.put(buffer);
        crc = Crc64.update(crc, buffer, 0, buffer.position());
    }

    /**
     * Adds a page.
     *
     * @param pageNumber larger than that of the page before, at most the header's commit, not the lock page
     * @param page remaining are exactly the bytes of a page; its position stays
     * @throws IllegalArgumentException otherwise
     */
    public void page(int pageNumber, ByteBuffer page) throws IOException {
        checkOpen();
        checkPage(pageNumber, page);
        if (buffer.remaining() < PageFrame.HEADER_BYTES + Integer.BYTES + maxCompressedBytes) {
            flush();
        }
        int start = buffer.position();
        int dataStart = start + PageFrame.HEADER_BYTES + Integer.BYTES;
        int size = PageCompression.COMPRESSOR.compress(
                page, page.position(), page.remaining(), buffer, dataStart, maxCompressedBytes);
        long frameOffset = bytesWritten();
        buffer.putInt(pageNumber).putShort(PageFrame.BLOCK).putInt(size).position(dataStart + size);
        crc = Crc64.update(crc, buffer, start, dataStart);
        crc = Crc64.update(crc, page, page.position(), page.limit());
        index.add(pageNumber, frameOffset, dataStart + size - start);
        lastPage = pageNumber;
        pages++;
    }

    private void checkPage(int pageNumber, ByteBuffer page) {
        if (pageNumber <= lastPage) {
            throw new IllegalArgumentException("Page %d cannot follow page %d".formatted(pageNumber, lastPage));
        }
        if (pageNumber > header.commit()) {
            throw new IllegalArgumentException(
                    "Page %d is beyond the end of the database, %d pages".formatted(pageNumber, header.commit()));
        }
        if (pageNumber == lockPage) {
            throw new IllegalArgumentException(
                    "Page %d is the lock page, which is never written".formatted(pageNumber));
        }
        if (page.remaining() != header.pageSize()) {
            throw new IllegalArgumentException(
                    "Page %d has %d bytes instead of %d".formatted(pageNumber, page.remaining(), header.pageSize()));
        }
    }

    /**
     * Writes the rest of the file.
     *
     * @param postApplyChecksum of the database with this file applied; 0 if the header says there are no checksums
     * @throws IllegalStateException if it is a snapshot and a page is missing
     */
    public LtxTrailer finish(long postApplyChecksum) throws IOException {
        checkOpen();
        if (header.isSnapshot() && pages != header.pagesOfSnapshot()) {
            throw new IllegalStateException(
                    "A snapshot of %d pages was given %d".formatted(header.pagesOfSnapshot(), pages));
        }
        if (!LtxTrailer.allows(header, postApplyChecksum)) {
            throw new IllegalArgumentException("Post-apply checksum %016x does not suit a file %s checksums"
                    .formatted(postApplyChecksum, header.noChecksum() ? "without" : "with"));
        }
        finished = true;
        flush();
        buffer.putInt(0).putShort((short) 0);
        crc = Crc64.update(crc, buffer, 0, buffer.position());
        flush();
        index.forEachPiece(piece -> {
            indexBytes += piece.remaining();
            crc = Crc64.update(crc, piece, piece.position(), piece.limit());
            drain(piece);
        });
        buffer.put((byte) 0).putLong(indexBytes + 1).putLong(postApplyChecksum);
        crc = Crc64.update(crc, buffer, 0, buffer.position());
        LtxTrailer trailer = new LtxTrailer(postApplyChecksum, PageChecksum.FLAG | Crc64.value(crc));
        buffer.putLong(trailer.fileChecksum());
        flush();
        return trailer;
    }

    private void checkOpen() {
        if (finished) {
            throw new IllegalStateException("The file is finished or closed");
        }
    }

    private void flush() throws IOException {
        drain(buffer.flip());
        buffer.clear();
    }

    private void drain(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            flushedBytes += out.write(bytes);
        }
    }

    /** The length of the file so far, with what is not yet written to the channel; after {@link #finish}, of all. */
    public long bytesWritten() {
        return flushedBytes + buffer.position();
    }

    /** How many pages the file has so far. */
    public long pagesWritten() {
        return pages;
    }

    /** Gives the memory and the temporary file back. Without {@link #finish} before, the file is incomplete. */
    @Override
    public void close() throws IOException {
        finished = true;
        try {
            index.close();
        } finally {
            if (lease != null) {
                lease.close();
            }
        }
    }

    /** No file with this header, and each page of its database once, is longer. */
    public static long maxBytes(LtxHeader header) {
        int pageBytes = PageFrame.HEADER_BYTES
                + Integer.BYTES
                + PageCompression.maxCompressedLength(header.pageSize())
                + MAX_INDEX_ENTRY_BYTES;
        return ONCE_BYTES + header.commit() * pageBytes;
    }
}
