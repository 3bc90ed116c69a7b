package io.sqlitereplica.sidecar.replicate;

/** What a replicator is doing. */
public enum DatabaseState {
    /** Looks what there is, here and in the destination. */
    STARTING,
    /** Gets the database from the replica. */
    RESTORING,
    /** There is no database yet, or none that can be replicated. */
    WAITING,
    /** Ships the whole database, the first time or again; what is committed meanwhile follows. */
    SNAPSHOTTING,
    /** Ships what is committed. */
    REPLICATING,
    /** Was stopped. */
    STOPPED,
    /** Cannot go on without help; the error says which. */
    FAILED
}
