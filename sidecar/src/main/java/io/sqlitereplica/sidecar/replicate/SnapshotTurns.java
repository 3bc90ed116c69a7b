package io.sqlitereplica.sidecar.replicate;

import java.util.concurrent.Semaphore;

/**
 * How many snapshots a process takes at a time. Hundreds of databases have one schedule: each snapshot has a thread and
 * holds its WAL from its beginning, so it must not begin only to wait for the buffers of the others.
 */
public final class SnapshotTurns {
    private static final int AT_A_TIME = 2;

    private final Semaphore turns = new Semaphore(AT_A_TIME);

    /** Takes a turn if there is one. Whoever has it gives it back. */
    boolean take() {
        return turns.tryAcquire();
    }

    void giveBack() {
        turns.release();
    }
}
