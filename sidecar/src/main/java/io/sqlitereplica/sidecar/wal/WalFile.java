package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The log's file: a header of 32 bytes, then frames of 24 bytes and a page each. All fields are big-endian. */
final class WalFile implements AutoCloseable {
    static final int FRAME_HEADER_BYTES = 24;

    private static final int HEADER_BYTES = 32;
    private static final int MAGIC = 0x377f0682;
    private static final int VERSION = 3_007_000;

    private final NativeFile file;
    private final int pageSize;
    private final ByteBuffer small = ByteBuffer.allocateDirect(HEADER_BYTES);

    /** The header of the file. Its checksum is where the chain of the frames' checksums starts. */
    record Header(long salts, int pageSize, ByteOrder checksumOrder, int checksum1, int checksum2) {}

    /** The header of a frame. */
    record FrameHeader(int pageNumber, int commitPages, long salts, int checksum1, int checksum2) {
        static FrameHeader at(ByteBuffer buffer, int offset) {
            return new FrameHeader(
                    buffer.getInt(offset),
                    buffer.getInt(offset + 4),
                    buffer.getLong(offset + 8),
                    buffer.getInt(offset + 16),
                    buffer.getInt(offset + 20));
        }

        /** Written in the middle of a transaction whose checksums SQLite before 3.46.2 then forgot to fill in. */
        boolean hasNoChecksum() {
            return salts == 0 && checksum1 == 0 && checksum2 == 0;
        }
    }

    WalFile(Path path, int pageSize) throws IOException {
        this.file = NativeFile.open(path);
        this.pageSize = pageSize;
    }

    /** The file's header, or null when there is none, or not a whole one: a writer may be at it. For the owner's thread. */
    @Nullable
    Header header() throws IOException {
        ByteBuffer buffer = small;
        if (file.read(buffer.clear(), 0) < HEADER_BYTES) {
            return null;
        }
        int magic = buffer.getInt(0);
        if ((magic & ~1) != MAGIC || buffer.getInt(4) != VERSION) {
            return null;
        }
        ByteOrder order = (magic & 1) == 0 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
        WalChecksum checksum = new WalChecksum(order);
        checksum.add(buffer, 0, HEADER_BYTES - 8);
        if (!checksum.is(buffer.getInt(24), buffer.getInt(28))) {
            return null;
        }
        return new Header(buffer.getLong(16), buffer.getInt(8), order, buffer.getInt(24), buffer.getInt(28));
    }

    /** The header of a frame. For the owner's thread. */
    FrameHeader frameHeader(int frame) throws IOException {
        return frameHeader(frame, small);
    }

    /** The header of a frame, read into a buffer of at least 24 bytes that is lent for it. */
    FrameHeader frameHeader(int frame, ByteBuffer buffer) throws IOException {
        file.readFully(buffer.clear().limit(FRAME_HEADER_BYTES), offset(frame));
        return FrameHeader.at(buffer, 0);
    }

    /** Reads whole frames, headers and pages, until the buffer's limit. */
    void readFrames(int firstFrame, ByteBuffer buffer) throws IOException {
        file.readFully(buffer, offset(firstFrame));
    }

    /** Reads the page that a frame holds: the buffer has exactly a page left. */
    void readPage(int frame, ByteBuffer page) throws IOException {
        if (page.remaining() != pageSize) {
            throw new IllegalArgumentException("Room for " + page.remaining() + " bytes, a page has " + pageSize);
        }
        file.readFully(page, offset(frame) + FRAME_HEADER_BYTES);
    }

    /** Reads as much of a frame's page as there is room for. */
    void readPart(int frame, int offset, ByteBuffer part) throws IOException {
        file.readFully(part, offset(frame) + FRAME_HEADER_BYTES + offset);
    }

    int frameBytes() {
        return FRAME_HEADER_BYTES + pageSize;
    }

    long size() throws IOException {
        return file.size();
    }

    void flush() throws IOException {
        file.flush();
    }

    private long offset(int frame) {
        return HEADER_BYTES + (frame - 1L) * frameBytes();
    }

    @Override
    public void close() {
        file.close();
    }
}
