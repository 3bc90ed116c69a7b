package io.sqlitereplica.sidecar.wal;

/**
 * What one reading of the log found: whole transactions, every frame verified.
 *
 * @param end the position behind the last frame; the position that was read from when there was nothing
 * @param firstFrame number of the first frame read; {@code end.frame() + 1} when there was nothing
 * @param frames how many were read
 * @param commits how many of them end a transaction
 * @param pageCount pages of the database as of the last commit. A transaction may hold frames of pages beyond it: they
 *     are not part of the database. 0 when there was nothing
 * @param zeroChecksumFrames published frames without salts and checksum: a defect of SQLite before 3.46.2 in the app,
 *     which would lose them, and every later commit, in a crash. They are part of the database like any other
 */
public record WalSpan(
        WalPosition end, int firstFrame, int frames, int commits, long pageCount, int zeroChecksumFrames) {

    static WalSpan nothing(WalPosition from) {
        return new WalSpan(from, from.frame() + 1, 0, 0, 0, 0);
    }

    /** There was nothing to read. */
    public boolean isEmpty() {
        return frames == 0;
    }
}
