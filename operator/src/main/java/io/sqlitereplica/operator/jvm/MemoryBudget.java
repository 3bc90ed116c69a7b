package io.sqlitereplica.operator.jvm;

/**
 * How the sidecar's memory limit is shared out, in MiB. The parts add up to the whole MiB of the limit.
 *
 * @param limitBytes the container's memory limit
 * @param heapMiB the largest Java heap; even, because the JVM rounds a heap up to the next 2 MiB
 * @param directMiB the buffers outside the heap, through which all database pages pass
 * @param fixedMiB what the JVM takes beside both: metaspace, compiled code, thread stacks, pages of libraries
 * @param reserveMiB never planned for: the kernel's own memory for the container, and 3 % of the limit
 * @param headroomMiB what is left; not a target
 */
public record MemoryBudget(long limitBytes, int heapMiB, int directMiB, int fixedMiB, int reserveMiB, int headroomMiB) {
    /** The smallest memory limit that the sidecar runs with. */
    public static final int MIN_LIMIT_MIB = 112;

    static final long MIB = 1024 * 1024;
    static final int MIN_HEAP_MIB = 24;
    static final int MAX_HEAP_MIB = 48;
    static final int DIRECT_MIB = 12;

    /** Peak resident memory of the sidecar less heap and direct buffers, as measured. */
    static final int FIXED_MIB = 68;

    /** Up to this limit the heap stays at its minimum. */
    private static final int HEAP_GROWS_ABOVE_MIB = 128;

    /**
     * Shares out a limit. A limit that is no whole number of MiB counts as the MiB below it.
     *
     * @throws LimitTooSmallException below {@link #MIN_LIMIT_MIB}
     */
    public static MemoryBudget of(long limitBytes) {
        long limitMiB = limitBytes / MIB;
        if (limitMiB < MIN_LIMIT_MIB) {
            throw new LimitTooSmallException(limitBytes);
        }
        int heap = heapMiB(limitMiB);
        int reserve = reserveMiB(limitMiB);
        int headroom = Math.toIntExact(limitMiB - heap - DIRECT_MIB - FIXED_MIB - reserve);
        return new MemoryBudget(limitBytes, heap, DIRECT_MIB, FIXED_MIB, reserve, headroom);
    }

    /** The whole MiB of the limit. */
    public long limitMiB() {
        return limitBytes / MIB;
    }

    /**
     * A fifth of what a limit has above {@value #HEAP_GROWS_ABOVE_MIB} MiB goes to the heap, in steps of 2 MiB: it is for
     * more databases, and of the 160 KiB that each takes some 30 are heap, the others SQLite's. (500 of them, written to in
     * turn, end by an OOM kill in 192 MiB with a heap of 56, and go with 36.)
     */
    private static int heapMiB(long limitMiB) {
        long growth = 2 * ((limitMiB - HEAP_GROWS_ABOVE_MIB) / 10);
        return Math.clamp(MIN_HEAP_MIB + growth, MIN_HEAP_MIB, MAX_HEAP_MIB);
    }

    static int reserveMiB(long limitMiB) {
        return Math.toIntExact(4 + Math.max(4, Math.ceilDiv(3 * limitMiB, 100)));
    }
}
