package io.sqlitereplica.operator.jvm;

import java.math.BigDecimal;
import java.math.RoundingMode;

/**
 * The options of the sidecar's JVM for one memory limit, as the text of a JDK argument file. The sidecar's launcher
 * picks the file named after the MiB of its cgroup's limit.
 *
 * @param budget how the limit is shared out
 * @param text the content of the file
 */
public record JvmOptions(MemoryBudget budget, String text) {
    /** The JVM rounds a heap up to a multiple of this. */
    private static final long HEAP_STEP_BYTES = 2 * MemoryBudget.MIB;

    /** A small young generation: what lives longer than a request are buffers, and those are not in the heap. */
    private static final int YOUNG_SHARE = 6;

    /**
     * The options for a memory limit.
     *
     * @throws LimitTooSmallException when the limit is below {@link MemoryBudget#MIN_LIMIT_MIB} MiB
     */
    public static JvmOptions forLimit(long limitBytes) {
        MemoryBudget budget = MemoryBudget.of(limitBytes);
        return new JvmOptions(budget, text(budget));
    }

    /** The name of the file in the ConfigMap: {@code jvm-<MiB of the limit>.options}. */
    public String fileName() {
        return "jvm-" + budget.limitMiB() + ".options";
    }

    private static String text(MemoryBudget budget) {
        // Below about 250 MiB the JVM ignores MaxRAMPercentage and takes MinRAMPercentage for the largest heap.
        return """
            # For a memory limit of %1$d MiB: heap %2$d, direct buffers %3$d, the JVM itself %4$d, reserve %5$d, headroom %6$d.
            -XX:MaxRAMPercentage=%7$s
            -XX:MinRAMPercentage=%7$s
            -Xmn%8$dm
            -XX:MaxDirectMemorySize=%3$dm
            -XX:+UseSerialGC
            -Xss256k
            -XX:ReservedCodeCacheSize=24m
            -XX:MaxMetaspaceSize=40m
            -XX:CompileCommand=quiet
            -XX:CompileCommand=memlimit,*.*,8M
            -XX:+ExitOnOutOfMemoryError
            -XX:+ErrorFileToStderr
            -XX:TrimNativeHeapInterval=60000
            -XX:-UsePerfData
            -XX:+IgnoreUnrecognizedVMOptions
            -Djdk.nio.maxCachedBufferSize=65536
            -Djdk.virtualThreadScheduler.parallelism=8
            -Djdk.virtualThreadScheduler.maxPoolSize=16
            --enable-native-access=ALL-UNNAMED
            """.formatted(
                        budget.limitMiB(),
                        budget.heapMiB(),
                        budget.directMiB(),
                        budget.fixedMiB(),
                        budget.reserveMiB(),
                        budget.headroomMiB(),
                        heapPercentage(budget).toPlainString(),
                        budget.heapMiB() / YOUNG_SHARE);
    }

    /** The largest percentage of two decimals, or of as many more as it takes, that gives no more than the heap. */
    private static BigDecimal heapPercentage(MemoryBudget budget) {
        long heapBytes = budget.heapMiB() * MemoryBudget.MIB;
        BigDecimal limit = BigDecimal.valueOf(budget.limitBytes());
        for (int decimals = 2; ; decimals++) {
            BigDecimal percentage = BigDecimal.valueOf(100 * heapBytes).divide(limit, decimals, RoundingMode.DOWN);
            long given = percentage.multiply(limit).movePointLeft(2).longValue();
            if (given > heapBytes - HEAP_STEP_BYTES) {
                return percentage;
            }
        }
    }
}
