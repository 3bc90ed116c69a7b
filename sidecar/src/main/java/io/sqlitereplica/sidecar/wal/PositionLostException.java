package io.sqlitereplica.sidecar.wal;

/** The log does not go on where the position says: only a comparison of the whole database finds what changed. */
public final class PositionLostException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why the log does not go on there. */
    public enum Reason {
        /** The log was restarted before the frames behind the position were seen. Nothing is lost: the database has them. */
        RESTARTED,
        /**
         * Within a generation the published end went back: SQLite recovered less than it had published (frames without
         * checksums, or a power loss). The database has lost commits that the position covers.
         */
        WENT_BACK,
        /** Another frame stands at the position: the end went back and then on again. */
        FRAME_CHANGED
    }

    private final Reason reason;

    PositionLostException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** Why the log does not go on at the position. */
    public Reason reason() {
        return reason;
    }

    /** The database itself has lost commits that were staged: the replica still has them. */
    public boolean rowsLostLocally() {
        return reason != Reason.RESTARTED;
    }
}
