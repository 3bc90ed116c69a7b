package io.sqlitereplica.sidecar.buffer;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.Semaphore;

/**
 * The one pool of direct memory. Its buffers are allocated when first needed and kept for ever; when all are lent, the
 * next borrower waits its turn.
 *
 * <p>The rule that excludes deadlock: an operation takes all the buffers it will ever hold in <em>one</em> call of
 * {@link #lease}, and no operation that holds a lease waits for another one. Waiting is in order of arrival, so a large
 * lease is not starved by small ones.
 */
public final class BufferPool {
    /** The size of each buffer. */
    public static final int BUFFER_BYTES = 256 * 1024;

    /** Each buffer starts at a multiple of this, as O_DIRECT wants it. */
    public static final int ALIGNMENT_BYTES = 4096;

    private static final int LEAST_BUFFERS = 4;
    private static final long MIB = 1024 * 1024;

    private final int capacity;
    private final Semaphore available;
    private final ConcurrentLinkedDeque<ByteBuffer> idle = new ConcurrentLinkedDeque<>();

    /** A pool of {@code capacityBytes / BUFFER_BYTES} buffers, but at least 4. */
    public BufferPool(long capacityBytes) {
        if (capacityBytes < 0) {
            throw new IllegalArgumentException("capacityBytes is negative: " + capacityBytes);
        }
        capacity = Math.clamp(capacityBytes / BUFFER_BYTES, LEAST_BUFFERS, Integer.MAX_VALUE);
        available = new Semaphore(capacity, true);
    }

    /**
     * A new pool for all the direct memory this JVM may have ({@code -XX:MaxDirectMemorySize}), less 2 MiB for what
     * libraries allocate and for alignment. To be called once: two such pools would promise the memory twice.
     */
    public static BufferPool forThisJvm() {
        return new BufferPool(capacityBytes(maxDirectMemoryBytes()));
    }

    /** The aligned buffers of a large pool need more than 1 MiB for their alignment; it is taken from the pool then. */
    static long capacityBytes(long maxDirectMemoryBytes) {
        long lessReserve = maxDirectMemoryBytes - 2 * MIB;
        long lessAlignment = (maxDirectMemoryBytes - MIB) / (BUFFER_BYTES + ALIGNMENT_BYTES) * BUFFER_BYTES;
        return Math.max(0, Math.min(lessReserve, lessAlignment));
    }

    private static long maxDirectMemoryBytes() {
        HotSpotDiagnosticMXBean diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long option =
                Long.parseLong(diagnostics.getVMOption("MaxDirectMemorySize").getValue());
        return option > 0 ? option : Runtime.getRuntime().maxMemory(); // 0: not set, which means as much as the heap
    }

    /**
     * Lends {@code buffers} buffers, all at once. Waits until they are there, in order of arrival; an interrupt does not
     * end the waiting and is kept for later.
     *
     * @throws IllegalArgumentException if that is more than {@link #capacity()}, or less than one
     */
    public Lease lease(int buffers) {
        if (buffers < 1 || buffers > capacity) {
            throw new IllegalArgumentException(
                    "Cannot lend %d buffers from a pool of %d: give the JVM more direct memory (MaxDirectMemorySize)"
                            .formatted(buffers, capacity));
        }
        available.acquireUninterruptibly(buffers);
        List<ByteBuffer> taken = new ArrayList<>(buffers);
        try {
            for (int i = 0; i < buffers; i++) {
                taken.add(idleOrNew());
            }
        } catch (Throwable e) {
            giveBack(taken, buffers);
            throw e;
        }
        return new Lease(this, taken);
    }

    private ByteBuffer idleOrNew() {
        ByteBuffer buffer = idle.pollFirst();
        return buffer != null
                ? buffer
                : ByteBuffer.allocateDirect(BUFFER_BYTES + ALIGNMENT_BYTES)
                        .alignedSlice(ALIGNMENT_BYTES)
                        .slice(0, BUFFER_BYTES);
    }

    void giveBack(List<ByteBuffer> buffers, int permits) {
        buffers.forEach(idle::addFirst); // the one used last is the one most likely still in the CPU's cache
        available.release(permits);
    }

    /** How many buffers there are, lent or not. */
    public int capacity() {
        return capacity;
    }

    /** The bytes that are lent now. */
    public long usedBytes() {
        return (long) (capacity - available.availablePermits()) * BUFFER_BYTES;
    }
}
