package io.sqlitereplica.sidecar.wal;

/**
 * What is believed about the reader that is held: where it began, and whether in slot 0. Only whether and when the log is
 * renewed depends on it, never whether a frame is lost.
 *
 * @param salts generation in which it began
 * @param mark end of the log when it began; -1 if that moved meanwhile
 * @param inSlotZero renewals in a row that found the log fully backfilled. One may have been sent to another slot, when a
 *     checkpoint of the app was just ending: two are enough
 */
record Hold(long salts, int mark, int inSlotZero) {
    static final Hold UNKNOWN = new Hold(0, -1, 0);

    /** The reader that began between these two looks. */
    Hold next(PublishedHeader before, PublishedHeader after) {
        if (!before.sameCommit(after)) {
            return UNKNOWN;
        }
        boolean same = isAt(before);
        int slotZero = before.fullyBackfilled() ? (same ? Math.min(inSlotZero + 1, 2) : 1) : 0;
        return new Hold(before.salts(), before.mxFrame(), slotZero);
    }

    boolean isOutdatedBy(PublishedHeader now) {
        return !isAt(now) || (now.fullyBackfilled() && inSlotZero < 2);
    }

    boolean letsRestart(PublishedHeader now) {
        return isAt(now) && now.fullyBackfilled() && inSlotZero > 0;
    }

    private boolean isAt(PublishedHeader header) {
        return salts == header.salts() && mark == header.mxFrame();
    }
}
