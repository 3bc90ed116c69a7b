package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.util.concurrent.Semaphore;

/**
 * Lets only so many streams into the pool that they leave room for those who feed them. The one who writes a stream needs
 * buffers of its own while the stream holds its: if streams could take the whole pool, all would wait for each other.
 */
final class StreamLimit {
    /**
     * What is left to others: encoders, decoders and scanners, who take up to 4 each in one lease and wait for nobody while
     * they hold it, so that half of this would be enough for all to go on.
     */
    private static final int LEFT_TO_OTHERS = 8;

    private final BufferPool pool;
    private final int limit;
    private final Semaphore buffers;

    StreamLimit(BufferPool pool) {
        this.pool = pool;
        this.limit = Math.max(pool.capacity() - LEFT_TO_OTHERS, pool.capacity() / 2);
        this.buffers = new Semaphore(limit, true);
    }

    /**
     * Waits until there is room for the least, in order of arrival, and takes more if it is free; an interrupt does not end
     * the waiting and is kept for later.
     */
    Permit acquire(int least, int most) {
        if (least > limit) {
            throw new IllegalArgumentException(
                    "a stream needs %d of at most %d buffers: raise MaxDirectMemorySize".formatted(least, limit));
        }
        buffers.acquireUninterruptibly(least);
        int count = least + acquireAtOnce(most - least);
        try {
            return new Permit(pool.lease(count), count);
        } catch (Throwable e) {
            buffers.release(count);
            throw e;
        }
    }

    /** What is free and nobody waits for. */
    private int acquireAtOnce(int most) {
        int count = buffers.hasQueuedThreads() ? 0 : Math.min(most, buffers.availablePermits());
        return buffers.tryAcquire(count) ? count : 0;
    }

    /** The buffers of one stream. */
    final class Permit implements AutoCloseable {
        private final Lease lease;
        private final int count;
        private boolean open = true;

        private Permit(Lease lease, int count) {
            this.lease = lease;
            this.count = count;
        }

        Lease lease() {
            return lease;
        }

        /** Gives the buffers back; a second call does nothing. */
        @Override
        public synchronized void close() {
            if (open) {
                open = false;
                lease.close();
                buffers.release(count);
            }
        }
    }
}
