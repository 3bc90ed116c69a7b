package io.sqlitereplica.sidecar.ltx;

import java.nio.ByteBuffer;

/** An entry of the page index: three numbers in LEB128. */
final class PageIndexEntry {
    /** The longest an entry can be: 32, 63 and 32 bits, 7 to the byte. */
    static final int MAX_BYTES = 5 + 9 + 5;

    private PageIndexEntry() {}

    /** Puts the entry at the position of the buffer. */
    static void put(ByteBuffer into, int pageNumber, long frameOffset, int frameSize) {
        putUnsigned(into, pageNumber);
        putUnsigned(into, frameOffset);
        putUnsigned(into, frameSize);
    }

    private static void putUnsigned(ByteBuffer into, long value) {
        long rest = value;
        while (rest >= 0x80) {
            into.put((byte) (rest | 0x80));
            rest >>>= 7;
        }
        into.put((byte) rest);
    }
}
