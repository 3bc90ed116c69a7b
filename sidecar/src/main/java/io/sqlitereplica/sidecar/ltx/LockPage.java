package io.sqlitereplica.sidecar.ltx;

/** The page at 1 GiB, which SQLite uses for its locks only: never written, never in an LTX file, in no checksum. */
public final class LockPage {
    private static final int LOCK_OFFSET = 0x4000_0000;

    private LockPage() {}

    /** The number of the lock page of databases with this page size. */
    public static int of(int pageSize) {
        return LOCK_OFFSET / pageSize + 1;
    }
}
