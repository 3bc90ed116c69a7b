package io.sqlitereplica.operator.jvm;

/** The memory limit leaves no room for the sidecar's JVM. */
public final class LimitTooSmallException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final long limitBytes;

    LimitTooSmallException(long limitBytes) {
        super(
                "The sidecar's memory limit is %s, less than the %d MiB it needs: heap %d, direct buffers %d, the JVM itself %d, reserve %d. Set spec.sidecar.resources.limits.memory to %dMi or more, or leave it out."
                        .formatted(
                                inMiB(limitBytes),
                                MemoryBudget.MIN_LIMIT_MIB,
                                MemoryBudget.MIN_HEAP_MIB,
                                MemoryBudget.DIRECT_MIB,
                                MemoryBudget.FIXED_MIB,
                                MemoryBudget.reserveMiB(MemoryBudget.MIN_LIMIT_MIB),
                                MemoryBudget.MIN_LIMIT_MIB));
        this.limitBytes = limitBytes;
    }

    /** The limit that was asked for. */
    public long limitBytes() {
        return limitBytes;
    }

    private static String inMiB(long bytes) {
        return bytes % MemoryBudget.MIB == 0
                ? bytes / MemoryBudget.MIB + " MiB"
                : "%.2f MiB".formatted((double) bytes / MemoryBudget.MIB);
    }
}
