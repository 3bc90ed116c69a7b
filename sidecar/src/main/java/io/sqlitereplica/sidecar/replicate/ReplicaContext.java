package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.ReplicaStore;

/** What the parts of one replication share. */
record ReplicaContext(
        DatabaseSpec database,
        ReplicaStore store,
        ReplicatorOptions options,
        BufferPool pool,
        StatusBoard status,
        Ownership ownership,
        Compactor compactor,
        StartGate gate,
        SnapshotTurns turns,
        StopSignal stop) {

    /** The database's name, for logs. */
    String name() {
        return database.name();
    }

    /** What to tell people of an exception. */
    String explain(Throwable e) {
        return Errors.speaksForItself(e)
                ? Errors.message(e)
                : DiskErrors.explain(database.path(), e).orElseGet(() -> Errors.message(e));
    }
}
