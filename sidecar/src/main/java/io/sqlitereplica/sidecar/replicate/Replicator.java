package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Replicates one database. It restores a missing database, ships everything that is committed,
 * takes snapshots on schedule, and begins again by itself after an error. All methods are for any thread.
 */
public final class Replicator implements AutoCloseable {
    /** How long a stop that was broken off may take to end in good order. */
    private static final Duration BREAKING_OFF = Duration.ofSeconds(2);

    private final StatusBoard status;
    private final StartGate gate;
    private final StopSignal stop = new StopSignal();
    private final ShipRequests requests = new ShipRequests();
    private final Replication replication;
    private final Verifying verifying;
    private final String threadName;
    private @Nullable Thread thread;

    /**
     * One that was not started yet.
     *
     * @param turns shared by all of a process
     * @param closeMode how to let go of the database: {@link CloseMode#STOPPING} only if the process ends then
     */
    public Replicator(
            DatabaseSpec database,
            ReplicaStore store,
            ReplicatorOptions options,
            BufferPool pool,
            SnapshotTurns turns,
            CloseMode closeMode) {
        this.status = new StatusBoard(database);
        Ownership ownership = new Ownership(database.name(), store, options.patience(), status);
        this.gate = new StartGate(options.podFolder(), database.name());
        Compactor compactor =
                new Compactor(database, store, options.compaction(), options.retention(), ownership, pool, status);
        this.replication = new Replication(
                new ReplicaContext(database, store, options, pool, status, ownership, compactor, gate, turns, stop),
                requests,
                closeMode);
        this.verifying = new Verifying(database, store, pool, status);
        this.threadName = "replicate-" + database.name();
    }

    /** Begins. Returns at once. */
    public synchronized void start() {
        if (thread != null) {
            throw new IllegalStateException("It was started already");
        }
        thread = Thread.ofVirtual().name(threadName).start(replication);
    }

    /** To be called before {@link #start} if the app runs already: the database is one that it has just made. */
    void appRuns() {
        gate.open();
    }

    /**
     * To end by itself, if the database was deleted, once everything is shipped and the destination says that it was
     * deleted; or not to, because the database is there again.
     */
    void endWhenDeleted(boolean wanted) {
        stop.stopWhenDeleted(wanted);
    }

    /** It was started and has ended. */
    boolean hasEnded() {
        Thread running = thread();
        return running != null && !running.isAlive();
    }

    /** How it stands. */
    public DatabaseStatus status() {
        return status.status();
    }

    /**
     * The app may start: its database is there or restored, or is known not to exist. Once true, always true. False for
     * as long as the destination has another history than the database.
     */
    public boolean startedUp() {
        return gate.isOpen();
    }

    /**
     * Ships what is committed now, without waiting for the sync interval.
     *
     * @param wait how long to wait until it is durable in the destination
     * @return whether it is
     */
    public boolean shipNow(Duration wait) throws InterruptedException {
        long deadline = deadline(wait);
        long request = requests.ask();
        stop.wake();
        return requests.await(request, deadline) && status.awaitReplicated(status.txId(), deadline);
    }

    /**
     * Reads the whole replica and checks all that a restore would check, while replication goes on. The result is in the
     * {@link #status}. May be interrupted.
     *
     * @return whether the replica is right
     * @throws IOException if that could not be found out
     */
    public boolean verify() throws IOException {
        return verifying.run();
    }

    /**
     * Ships what is committed, and stops.
     *
     * @param wait how long that may take; then it is broken off. A request that gets no answer is not waited for: only {@link
     *     #close} waits until everything has ended
     * @return whether everything is durable in the destination
     */
    public boolean stop(Duration wait) throws InterruptedException {
        stop.stop(deadline(wait));
        Thread running = thread();
        if (running == null) {
            return true;
        }
        running.join(wait.plus(BREAKING_OFF));
        return replication.isShipped();
    }

    private synchronized @Nullable Thread thread() {
        return thread;
    }

    /** Stops without waiting for uploads. What is staged is uploaded at the next start. */
    @Override
    public void close() {
        stop.stop(deadline(Duration.ZERO));
        Thread running = thread();
        boolean interrupted = false;
        while (running != null && running.isAlive()) {
            try {
                running.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static long deadline(Duration wait) {
        return System.nanoTime() + wait.toNanos();
    }
}
