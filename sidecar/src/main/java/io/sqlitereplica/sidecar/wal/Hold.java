package io.sqlitereplica.sidecar.wal;

/**
 * What is known about the reader that is held: where it began, and whether in slot 0. Only whether and when the log is
 * renewed depends on it, never whether a frame is lost.
 *
 * @param salts generation in which it began
 * @param mark end of the log when it began; -1 if that moved meanwhile
 * @param inSlotZero it lets the app's next commit restart the log
 */
record Hold(long salts, int mark, boolean inSlotZero) {
    static final Hold UNKNOWN = new Hold(0, -1, false);

    /**
     * A reader that is about to begin. It gets slot 0 if everything is backfilled, unless the checkpoint that did so still
     * has that slot to itself; none takes it as long as there is nothing to backfill.
     */
    static Hold expected(PublishedHeader header, boolean slotZeroIsFree) {
        return new Hold(header.salts(), header.mxFrame(), header.fullyBackfilled() && slotZeroIsFree);
    }

    boolean isOutdatedBy(PublishedHeader now) {
        return !isAt(now) || (now.fullyBackfilled() && !inSlotZero);
    }

    boolean letsRestart(PublishedHeader now) {
        return isAt(now) && now.fullyBackfilled() && inSlotZero;
    }

    boolean isAt(PublishedHeader header) {
        return salts == header.salts() && mark == header.mxFrame();
    }
}
