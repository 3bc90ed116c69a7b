package io.sqlitereplica.sidecar.memory;

import org.jspecify.annotations.Nullable;

/**
 * What {@code /status} says about memory, under these names. Page cache and slab are shown, but are not counted as use:
 * the kernel takes them back when it needs memory.
 *
 * @param limitBytes the container's limit; 0 for none
 * @param anonBytes memory that only the end of a process gives back
 * @param fileBytes page cache
 * @param slabBytes the kernel's objects, such as names and inodes of files
 * @param kernelBytes all the kernel's own memory, slab included
 * @param workingSetBytes what Kubernetes shows as the container's memory
 * @param rssAnonBytes {@code anonBytes} of this process alone
 * @param heapUsedBytes objects on the heap, dead ones included
 * @param heapMaxBytes the most that the heap may hold
 * @param heapLiveBytes what the last collections left on it
 * @param directBytes direct buffers
 * @param directMaxBytes the most that direct buffers may take
 * @param metaspaceBytes memory taken for classes
 * @param codeBytes memory taken for compiled code
 * @param gcOverheadRatio how much of the last half minute went into garbage collection, 0 to 1
 * @param majorFaults pages that had to be read from disk for a process to go on, since the container's start
 * @param oomKills processes that the kernel killed in the container since its start
 * @param verdict what all that means
 * @param reason why, in a sentence
 * @param anonSlopeBytesPerHour the trend of the last hour, without dead objects; null in the first ten minutes
 * @param secondsToLimit when that trend reaches the limit; null if it does not within 30 days
 */
public record MemoryStatus(
        long limitBytes,
        long anonBytes,
        long fileBytes,
        long slabBytes,
        long kernelBytes,
        long workingSetBytes,
        long rssAnonBytes,
        long heapUsedBytes,
        long heapMaxBytes,
        long heapLiveBytes,
        long directBytes,
        long directMaxBytes,
        long metaspaceBytes,
        long codeBytes,
        double gcOverheadRatio,
        long majorFaults,
        long oomKills,
        MemoryVerdict verdict,
        String reason,
        @Nullable Double anonSlopeBytesPerHour,
        @Nullable Long secondsToLimit) {

    /** All that can be said when nothing could be measured. */
    static MemoryStatus unknown(String reason) {
        return new MemoryStatus(
                0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, MemoryVerdict.UNKNOWN, reason, null, null);
    }

    MemoryStatus withVerdict(MemoryVerdict other, String why) {
        return new MemoryStatus(
                limitBytes,
                anonBytes,
                fileBytes,
                slabBytes,
                kernelBytes,
                workingSetBytes,
                rssAnonBytes,
                heapUsedBytes,
                heapMaxBytes,
                heapLiveBytes,
                directBytes,
                directMaxBytes,
                metaspaceBytes,
                codeBytes,
                gcOverheadRatio,
                majorFaults,
                oomKills,
                other,
                why,
                anonSlopeBytesPerHour,
                secondsToLimit);
    }
}
