package io.sqlitereplica.sidecar.ltx;

import java.nio.ByteBuffer;

/**
 * The checksum of a page. That of a database is all of its pages' combined by XOR, but for the lock page, with
 * {@link #FLAG} set; the checksum of an empty database is {@code FLAG}.
 */
public final class PageChecksum {
    /** Bit 63, set in every checksum, so that 0 can mean that there is none. */
    public static final long FLAG = 1L << 63;

    private PageChecksum() {}

    /** The checksum of the page with that number: the remaining bytes of {@code page}, whose position stays. */
    public static long of(int pageNumber, ByteBuffer page) {
        long crc = Crc64.updateInt(Crc64.START, pageNumber);
        return FLAG | Crc64.value(Crc64.update(crc, page, page.position(), page.limit()));
    }
}
