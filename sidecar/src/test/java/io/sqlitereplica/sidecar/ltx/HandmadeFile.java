package io.sqlitereplica.sidecar.ltx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * An LTX file put together by hand, with the right file checksum but otherwise as wrong as wanted: what the checksum
 * does not catch, other rules must.
 */
final class HandmadeFile {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ByteArrayOutputStream hashed = new ByteArrayOutputStream();
    private final ByteArrayOutputStream index = new ByteArrayOutputStream();

    HandmadeFile(LtxHeader header) {
        this(header, encoded -> {});
    }

    HandmadeFile(LtxHeader header, Consumer<ByteBuffer> change) {
        ByteBuffer encoded = ByteBuffer.allocate(LtxHeader.BYTES);
        header.put(encoded);
        change.accept(encoded);
        both(encoded.array());
    }

    /** A page of the newer kind: an LZ4 block of literals only, which says to be of that size. */
    HandmadeFile page(int pageNumber, byte[] page) {
        byte[] block = literals(page);
        return frame(pageNumber, PageFrame.BLOCK, block.length, block, page);
    }

    HandmadeFile frame(int pageNumber, int flags, int size, byte[] block, byte[] page) {
        int offset = bytes.size();
        both(ByteBuffer.allocate(6).putInt(pageNumber).putShort((short) flags).array());
        both(ByteBuffer.allocate(4).putInt(size).array());
        bytes.writeBytes(block);
        hashed.writeBytes(page);
        return indexEntry(pageNumber, offset, bytes.size() - offset);
    }

    /** A page of the older kind: an LZ4 frame. */
    HandmadeFile lz4Frame(int pageNumber, byte[] frame, byte[] page) {
        int offset = bytes.size();
        both(ByteBuffer.allocate(6).putInt(pageNumber).array());
        bytes.writeBytes(frame);
        hashed.writeBytes(page);
        return indexEntry(pageNumber, offset, bytes.size() - offset);
    }

    HandmadeFile indexEntry(int pageNumber, long offset, int size) {
        ByteBuffer entry = ByteBuffer.allocate(PageIndexEntry.MAX_BYTES);
        PageIndexEntry.put(entry, pageNumber, offset, size);
        index.write(entry.array(), 0, entry.position());
        return this;
    }

    /** Replaces the index so far. */
    HandmadeFile index(byte[] replacement) {
        index.reset();
        index.writeBytes(replacement);
        return this;
    }

    byte[] index() {
        return index.toByteArray();
    }

    byte[] finish(long postApplyChecksum) {
        return finish(0, 0, 1, postApplyChecksum);
    }

    /** With these flags in the empty page header, this byte after the index, and its entries' length plus so much. */
    byte[] finish(int endFlags, int indexEnd, int indexLengthAdds, long postApplyChecksum) {
        both(ByteBuffer.allocate(6).putShort(4, (short) endFlags).array());
        both(index.toByteArray());
        both(new byte[] {(byte) indexEnd});
        both(ByteBuffer.allocate(16)
                .putLong(index.size() + indexLengthAdds)
                .putLong(postApplyChecksum)
                .array());
        ByteBuffer all = ByteBuffer.wrap(hashed.toByteArray());
        long checksum = PageChecksum.FLAG | Crc64.value(Crc64.update(Crc64.START, all, 0, all.limit()));
        bytes.writeBytes(ByteBuffer.allocate(8).putLong(checksum).array());
        return bytes.toByteArray();
    }

    private void both(byte[] more) {
        bytes.writeBytes(more);
        hashed.writeBytes(more);
    }

    /** An LZ4 block of one sequence: only literals. */
    static byte[] literals(byte[] page) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(0xf0);
        int rest = page.length - 15;
        for (; rest >= 255; rest -= 255) {
            block.write(255);
        }
        block.write(rest);
        block.writeBytes(page);
        return block.toByteArray();
    }

    /** An LZ4 frame as Litestream wrote it up to 0.5.15. */
    static byte[] lz4Frame(int blockSizeField, byte[] block, int endMark, byte[] page) {
        int checksum = PageCompression.XXHASH.hash(page, 0, page.length, 0);
        return ByteBuffer.allocate(7 + 4 + block.length + 8)
                .put(new byte[] {0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, (byte) 0xa7})
                .putInt(Integer.reverseBytes(blockSizeField))
                .put(block)
                .putInt(endMark)
                .putInt(Integer.reverseBytes(checksum))
                .array();
    }
}
