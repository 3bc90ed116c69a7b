package io.sqlitereplica.sidecar.ltx;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Reads one LTX file as a stream and checks every rule of the format. What it holds in memory does not depend on the
 * number of pages: of the page index it expects, it keeps the length and a checksum.
 *
 * <p>Pages are handed out before the file's checksum, at its end, could be checked. Whoever uses them must be able to
 * take that back until {@link #nextPage} has returned 0. The checksum of the database is not checked here: it takes the
 * database.
 *
 * <p>Not for several threads. After an exception there is nothing more to get.
 */
public final class LtxDecoder implements AutoCloseable {
    /** What a decoder needs: the largest page, which may have grown when it was compressed, and a little more. */
    public static final int MEMORY_BYTES = 84 * 1024;

    private static final int INDEX_END_BYTES = 1 + Long.BYTES;

    private final LtxInput in;
    private final @Nullable Lease lease;
    private final LtxHeader header;
    private final PageFrameReader frames;
    private final ByteBuffer indexEntry = ByteBuffer.allocate(PageIndexEntry.MAX_BYTES);
    private long crc = Crc64.START;
    private long indexCrc = Crc64.START;
    private long indexBytes;
    private long pages;
    private int lastPage;
    private boolean usable = true;
    private @Nullable LtxTrailer trailer;

    /**
     * Reads the header. Leases one buffer until {@link #close}.
     *
     * @param in in blocking mode; not closed
     * @throws LtxFormatException if that is not the header of an LTX file; the lease is given back then
     */
    public LtxDecoder(ReadableByteChannel in, BufferPool pool) throws IOException {
        this(in, pool.lease(1));
    }

    private LtxDecoder(ReadableByteChannel in, Lease lease) throws IOException {
        this.in = new LtxInput(in, lease.get(0));
        this.lease = lease;
        try {
            this.header = readHeader();
        } catch (Throwable e) {
            lease.close();
            throw e;
        }
        this.frames = new PageFrameReader(this.in, header.pageSize());
    }

    /**
     * Reads the header, for callers that lease memory for several things at once.
     *
     * @param memory {@link #MEMORY_BYTES} or more, direct for speed; the caller's again after {@link #close}
     * @throws LtxFormatException if that is not the header of an LTX file
     */
    public LtxDecoder(ReadableByteChannel in, ByteBuffer memory) throws IOException {
        if (memory.capacity() < MEMORY_BYTES) {
            throw new IllegalArgumentException(
                    "A decoder needs %d bytes, not %d".formatted(MEMORY_BYTES, memory.capacity()));
        }
        this.in = new LtxInput(in, memory);
        this.lease = null;
        this.header = readHeader();
        this.frames = new PageFrameReader(this.in, header.pageSize());
    }

    private LtxHeader readHeader() throws IOException {
        ByteBuffer window = in.require(LtxHeader.BYTES);
        int start = window.position();
        LtxHeader read = LtxHeader.get(window);
        crc = Crc64.update(crc, window, start, window.position());
        return read;
    }

    public LtxHeader header() {
        return header;
    }

    /** How many pages were read so far. */
    public long pagesRead() {
        return pages;
    }

    /** How many bytes of the file were read so far. */
    public long bytesRead() {
        return in.offset();
    }

    /**
     * Reads the next page. They come in ascending order, and the lock page is not among them.
     *
     * @param into at least a page long; afterwards the page is between its position, 0, and its limit
     * @return the number of the page, or 0 if there is none: then the whole file was checked
     * @throws LtxFormatException if the file is damaged or cut short
     */
    public int nextPage(ByteBuffer into) throws IOException {
        if (trailer != null) {
            return 0;
        }
        if (!usable) {
            throw new IllegalStateException("The file was found bad, or the decoder is closed");
        }
        if (into.capacity() < header.pageSize()) {
            throw new IllegalArgumentException("A page does not fit into " + into.capacity() + " bytes");
        }
        usable = false;
        try {
            int page = readPageOrEnd(into);
            usable = true;
            return page;
        } catch (LtxFormatException e) {
            throw e.in(header.fileName());
        }
    }

    private int readPageOrEnd(ByteBuffer into) throws IOException {
        long offset = in.offset();
        ByteBuffer window = in.require(PageFrame.HEADER_BYTES);
        int start = window.position();
        int page = window.getInt();
        short flags = window.getShort();
        crc = Crc64.update(crc, window, start, window.position());
        if (page == 0) {
            if (flags != 0) {
                throw unknownFlags(flags, offset);
            }
            checkComplete(offset);
            readIndexAndTrailer();
            return 0;
        }
        checkPageNumber(page, offset);
        into.clear().limit(header.pageSize());
        switch (flags) {
            case PageFrame.BLOCK -> crc = Crc64.updateInt(crc, frames.readBlock(into));
            case PageFrame.FRAME -> frames.readFrame(into);
            default -> throw unknownFlags(flags, offset);
        }
        crc = Crc64.update(crc, into, 0, into.limit());
        expectInIndex(page, offset, (int) (in.offset() - offset));
        lastPage = page;
        pages++;
        return page;
    }

    private static LtxFormatException unknownFlags(short flags, long offset) {
        return new LtxFormatException("a page frame has unknown flags 0x%04x".formatted(flags), offset);
    }

    private void checkPageNumber(int page, long offset) throws LtxFormatException {
        if (page < 0 || page > header.commit()) {
            throw new LtxFormatException(
                    "page %s is beyond the end of the database, %d pages"
                            .formatted(Integer.toUnsignedString(page), header.commit()),
                    offset);
        }
        if (page <= lastPage) {
            throw new LtxFormatException("page %d follows page %d".formatted(page, lastPage), offset);
        }
        if (page == LockPage.of(header.pageSize())) {
            throw new LtxFormatException("page %d is the lock page".formatted(page), offset);
        }
    }

    private void checkComplete(long offset) throws LtxFormatException {
        if (header.isSnapshot() && pages != header.pagesOfSnapshot()) {
            throw new LtxFormatException(
                    "a snapshot of %d pages has %d".formatted(header.pagesOfSnapshot(), pages), offset);
        }
    }

    private void expectInIndex(int page, long offset, int frameSize) {
        indexEntry.clear();
        PageIndexEntry.put(indexEntry, page, offset, frameSize);
        indexCrc = Crc64.update(indexCrc, indexEntry, 0, indexEntry.position());
        indexBytes += indexEntry.position();
    }

    private void readIndexAndTrailer() throws IOException {
        long offset = in.offset();
        long actualIndexCrc = Crc64.START;
        for (long left = indexBytes; left > 0; ) {
            ByteBuffer window = in.require(1);
            int from = window.position();
            int to = from + (int) Math.min(left, window.remaining());
            actualIndexCrc = Crc64.update(actualIndexCrc, window, from, to);
            crc = Crc64.update(crc, window, from, to);
            window.position(to);
            left -= to - from;
        }
        ByteBuffer window = in.require(INDEX_END_BYTES);
        int start = window.position();
        if (actualIndexCrc != indexCrc || window.get() != 0 || window.getLong() != indexBytes + 1) {
            throw new LtxFormatException("the page index does not match the pages", offset);
        }
        crc = Crc64.update(crc, window, start, window.position());
        trailer = readTrailer();
    }

    private LtxTrailer readTrailer() throws IOException {
        long offset = in.offset();
        ByteBuffer window = in.require(LtxTrailer.BYTES);
        int start = window.position();
        long postApplyChecksum = window.getLong();
        crc = Crc64.update(crc, window, start, window.position());
        long fileChecksum = window.getLong();
        if ((PageChecksum.FLAG | Crc64.value(crc)) != fileChecksum) {
            throw new LtxFormatException("the file does not match its checksum", offset + Long.BYTES);
        }
        if (!LtxTrailer.allows(header, postApplyChecksum)) {
            throw new LtxFormatException(
                    "post-apply checksum %016x in a file marked as %s checksums"
                            .formatted(postApplyChecksum, header.noChecksum() ? "without" : "with"),
                    offset);
        }
        in.requireEnd();
        return new LtxTrailer(postApplyChecksum, fileChecksum);
    }

    /** The trailer, after {@link #nextPage} has returned 0. */
    public LtxTrailer trailer() {
        if (trailer == null) {
            throw new IllegalStateException("The file was not read to its end");
        }
        return trailer;
    }

    /** Gives the memory back. */
    @Override
    public void close() {
        usable = false;
        if (lease != null) {
            lease.close();
        }
    }
}
