package io.sqlitereplica.sidecar.ltx;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What an LTX file starts with. The rules of the format are checked: {@link IllegalArgumentException} otherwise.
 *
 * @param pageSize of the database, 512 to 65536, a power of two
 * @param commit pages of the database after the file is applied, 0 to 2^31 - 1
 * @param minTxId the first transaction in the file, at least 1; 1 makes it a snapshot
 * @param maxTxId the last transaction in the file
 * @param timestamp when that was; cut to milliseconds
 * @param noChecksum whether the file comes without checksums of the database
 * @param preApplyChecksum of the database before the file is applied; 0 for a snapshot and without checksums
 * @param wal what it was made from
 * @param nodeId who wrote it; 0 unless somebody finds a use for it
 */
public record LtxHeader(
        int pageSize,
        long commit,
        TxId minTxId,
        TxId maxTxId,
        Instant timestamp,
        boolean noChecksum,
        long preApplyChecksum,
        WalRange wal,
        long nodeId) {
    /** The length of the encoded header. */
    public static final int BYTES = 100;

    private static final int MAGIC = 0x4C545831; // LTX1, also for version 3 of the format
    private static final int NO_CHECKSUM = 0x2;
    static final int PAGE_SIZE_AT = 8;
    static final int MIN_TX_ID_AT = 16;
    static final int PRE_APPLY_CHECKSUM_AT = 40;
    private static final int RESERVED_AT = 80;

    public LtxHeader {
        check(pageSize >= 512 && pageSize <= 65536 && Integer.bitCount(pageSize) == 1, "the page size is " + pageSize);
        check(commit >= 0 && commit <= Integer.MAX_VALUE, "the database has " + commit + " pages");
        check(!minTxId.equals(TxId.ZERO), "the first TXID is 0");
        check(maxTxId.compareTo(minTxId) >= 0, "the last TXID, " + maxTxId + ", is below the first, " + minTxId);
        boolean flagged = (preApplyChecksum & PageChecksum.FLAG) != 0;
        if (minTxId.value() == 1) {
            check(preApplyChecksum == 0, "a snapshot has a pre-apply checksum");
        } else if (noChecksum) {
            check(preApplyChecksum == 0, "there is a pre-apply checksum, but the file is marked as without checksums");
        } else {
            check(flagged, "the pre-apply checksum is missing or lacks bit 63");
        }
        timestamp = timestamp.truncatedTo(ChronoUnit.MILLIS);
    }

    private static void check(boolean rule, String broken) {
        if (!rule) {
            throw new IllegalArgumentException("Bad LTX header: " + broken);
        }
    }

    /** Whether the file holds every page of the database. */
    public boolean isSnapshot() {
        return minTxId.value() == 1;
    }

    /** The name of the file in a replica. */
    public LtxFileName fileName() {
        return new LtxFileName(minTxId, maxTxId);
    }

    /** The pages a snapshot of this size has: all but the lock page. */
    long pagesOfSnapshot() {
        return commit >= LockPage.of(pageSize) ? commit - 1 : commit;
    }

    /** Puts the encoded header at the position of a big-endian buffer. */
    void put(ByteBuffer into) {
        into.putInt(MAGIC)
                .putInt(noChecksum ? NO_CHECKSUM : 0)
                .putInt(pageSize)
                .putInt((int) commit)
                .putLong(minTxId.value())
                .putLong(maxTxId.value())
                .putLong(timestamp.toEpochMilli())
                .putLong(preApplyChecksum)
                .putLong(wal.offset())
                .putLong(wal.size())
                .putInt(wal.salt1())
                .putInt(wal.salt2())
                .putLong(nodeId)
                .put(new byte[BYTES - RESERVED_AT]);
    }

    /** Takes the encoded header from the position of a big-endian buffer. */
    static LtxHeader get(ByteBuffer from) throws LtxFormatException {
        int start = from.position();
        if (from.getInt() != MAGIC) {
            throw new LtxFormatException("it does not start with LTX1", 0);
        }
        int flags = from.getInt();
        if ((flags & ~NO_CHECKSUM) != 0) {
            throw new LtxFormatException("the header has unknown flags 0x" + Integer.toHexString(flags), 4);
        }
        try {
            int pageSize = from.getInt();
            long commit = Integer.toUnsignedLong(from.getInt());
            TxId minTxId = new TxId(from.getLong());
            TxId maxTxId = new TxId(from.getLong());
            Instant timestamp = Instant.ofEpochMilli(from.getLong());
            long preApplyChecksum = from.getLong();
            WalRange wal = new WalRange(from.getLong(), from.getLong(), from.getInt(), from.getInt());
            long nodeId = from.getLong();
            while (from.position() < start + BYTES) {
                if (from.get() != 0) {
                    throw new LtxFormatException("a reserved byte of the header is set", from.position() - start - 1);
                }
            }
            return new LtxHeader(
                    pageSize,
                    commit,
                    minTxId,
                    maxTxId,
                    timestamp,
                    (flags & NO_CHECKSUM) != 0,
                    preApplyChecksum,
                    wal,
                    nodeId);
        } catch (IllegalArgumentException e) {
            throw new LtxFormatException(String.valueOf(e.getMessage()), 0, e);
        }
    }
}
