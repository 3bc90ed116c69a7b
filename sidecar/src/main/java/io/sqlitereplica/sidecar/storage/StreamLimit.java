package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.util.concurrent.Semaphore;

/**
 * Lets only so many streams into the pool that they leave room for those who feed them. The one who writes a stream needs
 * buffers of its own while the stream holds its: if streams could take the whole pool, all would wait for each other.
 */
final class StreamLimit {
    /** What is left to others: encoders, decoders and scanners take up to 4 each. */
    private static final int LEFT_TO_OTHERS = 16;

    private final BufferPool pool;
    private final int limit;
    private final Semaphore buffers;

    StreamLimit(BufferPool pool) {
        this.pool = pool;
        this.limit = Math.max(pool.capacity() - LEFT_TO_OTHERS, pool.capacity() / 2);
        this.buffers = new Semaphore(limit, true);
    }

    /** Waits until there is room, in order of arrival; an interrupt does not end the waiting and is kept for later. */
    Permit acquire(int count) {
        if (count > limit) {
            throw new IllegalArgumentException(
                    "a stream needs %d of at most %d buffers: raise MaxDirectMemorySize".formatted(count, limit));
        }
        buffers.acquireUninterruptibly(count);
        try {
            return new Permit(pool.lease(count), count);
        } catch (Throwable e) {
            buffers.release(count);
            throw e;
        }
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
