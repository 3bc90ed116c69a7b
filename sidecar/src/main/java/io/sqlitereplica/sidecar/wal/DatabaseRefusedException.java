package io.sqlitereplica.sidecar.wal;

import java.nio.file.Path;

/** A database that cannot be replicated as it is. The message names the file, the cause and the way out. */
public final class DatabaseRefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    /** Why, and whether it may pass by itself. */
    public enum Reason {
        /** There is no such file, or its folder is missing. */
        MISSING(true),
        /** The file has no bytes yet. */
        EMPTY(true),
        /** A folder, a device or a socket. */
        NOT_A_FILE(false),
        /** Not SQLite's header: another kind of file, or an encrypted database. */
        NOT_A_DATABASE(false),
        /** We may not read and write it, or its folder. */
        NO_PERMISSION(false),
        /** Another process keeps it locked: {@code locking_mode=EXCLUSIVE}, or a transaction that never ends. */
        LOCKED(true),
        /** The database is not in WAL mode, and could not be switched to it. */
        NOT_WAL(true),
        /** Not that of its replica. */
        PAGE_SIZE_CHANGED(false),
        /** A file system whose locks or shared memory do not reach other machines. */
        NETWORK_FILE_SYSTEM(false);

        private final boolean mayPass;

        Reason(boolean mayPass) {
            this.mayPass = mayPass;
        }
    }

    private final Reason reason;

    DatabaseRefusedException(Reason reason, Path database, String causeAndWayOut) {
        super(database + ": " + causeAndWayOut);
        this.reason = reason;
    }

    DatabaseRefusedException(Reason reason, Path database, String causeAndWayOut, Throwable cause) {
        super(database + ": " + causeAndWayOut, cause);
        this.reason = reason;
    }

    /** Why. */
    public Reason reason() {
        return reason;
    }

    /** It may pass without anyone's help: worth trying again later. */
    public boolean mayPass() {
        return reason.mayPass;
    }
}
