package io.sqlitereplica.sidecar.memory;

import java.util.Optional;

/**
 * One moment.
 *
 * @param atNanos when, on the clock of {@link System#nanoTime}
 * @param cgroup the kernel's account; empty outside of control groups
 * @param jvm the JVM's account
 */
record MemorySample(long atNanos, Optional<CgroupSample> cgroup, JvmSample jvm) {
    /** Of the group; of this process where there is none. */
    long anonBytes() {
        return cgroup.map(CgroupSample::anonBytes).orElse(jvm.rssAnonBytes());
    }

    /** Without what the heap holds in dead objects. */
    long adjustedAnonBytes() {
        return Math.max(0, anonBytes() - jvm.heapUsedBytes() + jvm.heapLiveBytes());
    }

    long limitBytes() {
        return cgroup.map(CgroupSample::limitBytes).orElse(0L);
    }

    long majorFaults() {
        return cgroup.map(CgroupSample::majorFaults).orElse(0L);
    }

    long limitHits() {
        return cgroup.map(CgroupSample::limitHits).orElse(0L);
    }
}
