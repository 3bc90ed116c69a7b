package io.sqlitereplica.sidecar.ltx;

/** The constants of a page frame. */
final class PageFrame {
    /** Page number and flags. */
    static final int HEADER_BYTES = 6;

    /** Flags: a size and an LZ4 block follow. */
    static final short BLOCK = 1;

    /** Flags: an LZ4 frame follows. */
    static final short FRAME = 0;

    private PageFrame() {}
}
