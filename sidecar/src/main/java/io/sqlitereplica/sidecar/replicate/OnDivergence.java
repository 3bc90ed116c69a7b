package io.sqlitereplica.sidecar.replicate;

/** What to do when the destination holds another history than the database's. */
public enum OnDivergence {
    /** Stop and say so; nothing is written. An app that has not started yet waits. */
    FAIL,
    /** Go on with the database: it is shipped whole behind the other history, which stays in the replica. */
    KEEP_LOCAL,
    /** Before the app starts, set the database aside and restore the replica. Later it is as {@link #FAIL}. */
    USE_REPLICA
}
