package io.sqlitereplica.sidecar.ltx;

/**
 * The part of a WAL file that an LTX file was made from.
 *
 * @param offset where its first frame starts, 32 or more in a real WAL; 0 if there was no WAL
 * @param size bytes of it
 * @param salt1 as in the header of the WAL
 * @param salt2 as in the header of the WAL
 */
public record WalRange(long offset, long size, int salt1, int salt2) {
    /** Not made from a WAL, as compactions are. */
    public static final WalRange NONE = new WalRange(0, 0, 0, 0);

    public WalRange {
        if (offset < 0 || size < 0 || offset + size < 0) {
            throw new IllegalArgumentException("Not a range of a WAL: offset %d, size %d".formatted(offset, size));
        }
        if (offset == 0 && (size != 0 || salt1 != 0 || salt2 != 0)) {
            throw new IllegalArgumentException("The WAL range has a size or salts but no offset");
        }
    }

    /** The position behind it: where the next transaction's frames start, unless the WAL is restarted. */
    public long end() {
        return offset + size;
    }

    /** Whether both come from the same generation of a WAL. */
    public boolean sameSalts(WalRange other) {
        return salt1 == other.salt1 && salt2 == other.salt2;
    }
}
