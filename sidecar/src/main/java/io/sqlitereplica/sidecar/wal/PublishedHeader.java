package io.sqlitereplica.sidecar.wal;

import java.util.HexFormat;

/**
 * What SQLite has published in {@code -shm}: where the log ends for every reader.
 *
 * @param salts the generation, as in {@link WalPosition}
 * @param mxFrame last committed frame; 0 when the generation has none
 * @param pageCount pages of the database as of that frame; 0 when SQLite has not said (ask the file's size)
 * @param checksum1 first half of the running checksum behind {@code mxFrame}; without meaning when that is 0
 * @param checksum2 second half
 * @param pageSize bytes of a page; 0 when the log was empty when SQLite built this header
 * @param backfilled frames already copied into the database file. It is read after the rest: it can be newer than the
 *     other fields, so it says something only while a reader is held
 * @param marks read marks of the slots 1 to 4
 */
public record PublishedHeader(
        long salts,
        int mxFrame,
        long pageCount,
        int checksum1,
        int checksum2,
        int pageSize,
        int backfilled,
        ReadMarks marks) {

    /** The read marks of the slots 1 to 4; {@code -1} is a slot never used. A mark stays when its reader has gone. */
    public record ReadMarks(int slot1, int slot2, int slot3, int slot4) {
        int of(int slot) {
            return switch (slot) {
                case 1 -> slot1;
                case 2 -> slot2;
                case 3 -> slot3;
                case 4 -> slot4;
                default -> throw new IllegalArgumentException("Slot " + slot);
            };
        }
    }

    /** The published end of the log as a position. */
    public WalPosition position() {
        return mxFrame == 0 ? WalPosition.startOf(salts) : new WalPosition(salts, mxFrame, checksum1, checksum2);
    }

    /** Every committed frame is in the database file too. */
    public boolean fullyBackfilled() {
        return backfilled == mxFrame;
    }

    /** The same commit: all fields but those that a checkpoint moves. */
    boolean sameCommit(PublishedHeader other) {
        return position().equals(other.position()) && pageCount == other.pageCount;
    }

    /** {@code 9e3779b97f4a7c15:1042 (backfilled 900, 77 pages)}. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(salts) + ":" + mxFrame + " (backfilled " + backfilled + ", " + pageCount
                + " pages)";
    }
}
