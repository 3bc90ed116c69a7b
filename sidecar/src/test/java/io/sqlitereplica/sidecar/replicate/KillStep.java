package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.testing.KillCalls.Calls;

/** The steps of a replicator at which it can be killed, by what they do to which file. */
enum KillStep {
    /** Copying frames aside. */
    COPY_ASIDE,
    /** Writing a transaction's file, and giving it its name. */
    STAGE,
    /** Writing the journal of the next position, and giving it its name. */
    POSITION,
    /** Bringing the checksums of pages up to date. */
    PAGES,
    /** Creating a file in the destination's folder. */
    UPLOAD,
    /** Writing a snapshot there. */
    SNAPSHOT,
    /** Sending a part of a request to a store. */
    REQUEST,
    /** Deleting a staged file that is uploaded. */
    DELETE,
    /** Beginning a reader, or ending one: the locks of SQLite's read slots. */
    RENEW,
    /** Copying frames into the database: PASSIVE. */
    FINISH,
    /** Holding the app's writers, or letting them go: the lock of SQLite's one writer. */
    BARRIER;

    Calls calls() {
        return switch (this) {
            case COPY_ASIDE -> Calls.on("*-sqlitereplica/spill/*", "write", "pwrite64", "ftruncate64", "unlink");
            case STAGE -> Calls.on("*-sqlitereplica/staging.tmp", "write", "pwrite64", "fsync", "fdatasync", "rename");
            case POSITION ->
                Calls.on("*-sqlitereplica/position*", "write", "pwrite64", "fsync", "fdatasync", "rename", "unlink");
            case PAGES ->
                Calls.on("*-sqlitereplica/pages", "write", "pwrite64", "fsync", "fdatasync", "ftruncate64", "rename");
            case UPLOAD ->
                Calls.on("*/destination/ltx/0/*", "write", "pwrite64", "fsync", "fdatasync", "link", "unlink");
            case SNAPSHOT ->
                Calls.on("*/destination/ltx/9/*", "write", "pwrite64", "fsync", "fdatasync", "link", "unlink");
            case REQUEST -> Calls.on("socket:*", "write", "writev");
            case DELETE -> Calls.on("*-sqlitereplica/0*.ltx", "unlink");
            case RENEW -> Calls.locks("*/app.db-shm", 123, 127);
            case FINISH -> Calls.on("*/app.db", "pwrite64", "fsync", "fdatasync", "ftruncate64");
            case BARRIER -> Calls.locks("*/app.db-shm", 120, 120);
        };
    }
}
