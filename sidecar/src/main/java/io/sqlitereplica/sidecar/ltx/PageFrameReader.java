package io.sqlitereplica.sidecar.ltx;

import java.io.IOException;
import java.nio.ByteBuffer;
import net.jpountz.lz4.LZ4Exception;

/** Reads what follows the header of a page frame: the compressed page, in either of the two forms. */
final class PageFrameReader {
    private static final int FRAME_MAGIC = 0x04224D18;
    private static final short FRAME_DESCRIPTOR = 0x6440; // version 1, independent blocks of at most 64 KiB, checksum
    private static final byte FRAME_DESCRIPTOR_CHECKSUM = (byte) 0xA7;
    private static final int FRAME_START_BYTES = 7;

    private final LtxInput in;
    private final int pageSize;
    private final int maxCompressedBytes;

    PageFrameReader(LtxInput in, int pageSize) {
        this.in = in;
        this.pageSize = pageSize;
        this.maxCompressedBytes = PageCompression.maxCompressedLength(pageSize);
    }

    /** Reads an LZ4 block and the size before it, which is returned. The page is put at 0. */
    int readBlock(ByteBuffer into) throws IOException {
        int size = in.require(Integer.BYTES).getInt();
        decompress(size, into);
        return size;
    }

    /** Reads an LZ4 frame as Litestream wrote them up to 0.5.15: one block, which may be stored as it is. */
    void readFrame(ByteBuffer into) throws IOException {
        long offset = in.offset();
        ByteBuffer window = in.require(FRAME_START_BYTES + Integer.BYTES);
        if (window.getInt() != FRAME_MAGIC
                || window.getShort() != FRAME_DESCRIPTOR
                || window.get() != FRAME_DESCRIPTOR_CHECKSUM) {
            throw new LtxFormatException("an LZ4 frame starts in an unknown way", offset);
        }
        int block = Integer.reverseBytes(window.getInt());
        boolean stored = block < 0;
        if (stored) {
            copy(block & Integer.MAX_VALUE, into);
        } else {
            decompress(block, into);
        }
        offset = in.offset();
        window = in.require(2 * Integer.BYTES);
        if (window.getInt() != 0) {
            throw new LtxFormatException("an LZ4 frame has a second block", offset);
        }
        int expected = Integer.reverseBytes(window.getInt());
        if (PageCompression.XXHASH.hash(into, 0, pageSize, 0) != expected) {
            throw new LtxFormatException("a page does not match the checksum of its LZ4 frame", offset);
        }
    }

    private void copy(int size, ByteBuffer into) throws IOException {
        if (size != pageSize) {
            throw new LtxFormatException("a stored page has %d bytes".formatted(size), in.offset());
        }
        ByteBuffer window = in.require(size);
        into.put(0, window, window.position(), size);
        window.position(window.position() + size);
    }

    private void decompress(int size, ByteBuffer into) throws IOException {
        long offset = in.offset();
        if (size < 1 || size > maxCompressedBytes) {
            throw new LtxFormatException(
                    "a compressed page has %s bytes".formatted(Integer.toUnsignedString(size)), offset);
        }
        ByteBuffer window = in.require(size);
        int length;
        try {
            length = PageCompression.DECOMPRESSOR.decompress(window, window.position(), size, into, 0, pageSize);
        } catch (LZ4Exception e) {
            throw new LtxFormatException("a page cannot be decompressed", offset, e);
        }
        if (length != pageSize) {
            throw new LtxFormatException("a page has %d bytes".formatted(length), offset);
        }
        window.position(window.position() + size);
    }
}
