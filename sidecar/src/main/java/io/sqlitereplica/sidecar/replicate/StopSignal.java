package io.sqlitereplica.sidecar.replicate;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Tells the thread of a replication to stop, or to look at once. Nobody is interrupted. */
final class StopSignal {
    private volatile boolean stopping;
    private volatile boolean stoppingWhenDeleted;
    private volatile long deadlineNanos;
    private volatile @Nullable Thread thread;

    /** The calling thread is the one that is told. */
    void attach() {
        thread = Thread.currentThread();
    }

    void stop(long deadline) {
        deadlineNanos = deadline;
        stopping = true;
        wake();
    }

    /** To stop once everything is shipped, if there is no database then. */
    void stopWhenDeleted(boolean wanted) {
        if (stoppingWhenDeleted != wanted) {
            stoppingWhenDeleted = wanted;
            wake();
        }
    }

    boolean isStoppingWhenDeleted() {
        return stoppingWhenDeleted;
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    boolean isStopping() {
        return stopping;
    }

    /** Until when what is committed may still be shipped, as {@link System#nanoTime}. */
    long deadlineNanos() {
        return deadlineNanos;
    }

    /** To be called often in anything that takes long and is needed to ship what is committed. */
    void check() throws BrokenOffException.Stopped {
        if (stopping && System.nanoTime() - deadlineNanos >= 0) {
            throw new BrokenOffException.Stopped();
        }
    }

    /** Waits for something that is needed to ship what is committed. */
    void pause(long nanos) throws BrokenOffException.Stopped {
        long end = System.nanoTime() + nanos;
        check();
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(this, left);
            check();
        }
    }

    /** Waits for something that a stop does not wait for. */
    void pauseOrStop(long nanos) throws BrokenOffException.Stopped {
        long end = System.nanoTime() + nanos;
        for (long left = nanos; left > 0; left = end - System.nanoTime()) {
            if (stopping) {
                throw new BrokenOffException.Stopped();
            }
            LockSupport.parkNanos(this, left);
        }
        if (stopping) {
            throw new BrokenOffException.Stopped();
        }
    }
}
