package io.sqlitereplica.sidecar.memory;

/**
 * The JVM's account of its memory at one moment.
 *
 * @param rssAnonBytes the process's own pages in memory, as the kernel counts them
 * @param heapUsedBytes objects on the heap, dead ones included
 * @param heapMaxBytes the most that the heap may hold
 * @param heapLiveBytes what the last collections left over
 * @param heapLiveKnown whether each part of the heap was collected at least once; before that, {@code heapLiveBytes}
 *     still counts dead objects
 * @param directBytes direct buffers
 * @param directMaxBytes the most that direct buffers may take
 * @param metaspaceBytes memory taken for classes
 * @param codeBytes memory taken for compiled code
 * @param gcMillis time spent on collections since the start
 */
record JvmSample(
        long rssAnonBytes,
        long heapUsedBytes,
        long heapMaxBytes,
        long heapLiveBytes,
        boolean heapLiveKnown,
        long directBytes,
        long directMaxBytes,
        long metaspaceBytes,
        long codeBytes,
        long gcMillis) {}
