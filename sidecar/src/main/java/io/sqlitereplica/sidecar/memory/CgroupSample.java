package io.sqlitereplica.sidecar.memory;

import java.util.OptionalDouble;

/**
 * The kernel's account of a control group's memory at one moment. Names are those of version 2 (the kernel's {@code
 * cgroup-v2.rst}, "Memory"); what version 1 does not tell is 0.
 *
 * @param limitBytes the lowest limit that holds for the group; 0 for none
 * @param currentBytes all that is charged to it
 * @param anonBytes memory of its processes, which nothing but their end gives back
 * @param fileBytes page cache and shared memory
 * @param activeFileBytes page cache that was used more than once
 * @param inactiveFileBytes page cache that goes first
 * @param slabBytes the kernel's objects, such as names and inodes of files; version 1 does not tell them from the rest of
 *     {@code kernelBytes}
 * @param kernelBytes all the kernel's own memory, slab included
 * @param peakBytes the most that was ever charged; 0 where the kernel does not tell
 * @param oomEvents how often the limit could not be kept by reclaiming
 * @param oomKills processes that the kernel killed for that
 * @param highEvents how often processes were slowed down at {@code memory.high}
 * @param limitHits how often the limit was hit, which page cache alone does as well
 * @param majorFaults pages that had to be read from disk for a process to go on
 * @param refaults pages of files that were read again shortly after they had been reclaimed
 * @param pressureSome10 per cent of the last 10 s in which some task waited for memory; empty without PSI
 * @param pressureFull10 per cent of the last 10 s in which all tasks did; empty without PSI
 */
public record CgroupSample(
        long limitBytes,
        long currentBytes,
        long anonBytes,
        long fileBytes,
        long activeFileBytes,
        long inactiveFileBytes,
        long slabBytes,
        long kernelBytes,
        long peakBytes,
        long oomEvents,
        long oomKills,
        long highEvents,
        long limitHits,
        long majorFaults,
        long refaults,
        OptionalDouble pressureSome10,
        OptionalDouble pressureFull10) {

    /** What Kubernetes shows as a container's memory, and evicts by: usage without the page cache that goes first. */
    public long workingSetBytes() {
        return Math.max(0, currentBytes - inactiveFileBytes);
    }
}
