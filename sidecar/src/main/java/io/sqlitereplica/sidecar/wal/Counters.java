package io.sqlitereplica.sidecar.wal;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.IntStream;

/** What {@link WalStatistics} is made of: written by the owner's thread, read by any. */
final class Counters {
    private final AtomicLong walBytes = new AtomicLong();
    private final AtomicLong walFrames = new AtomicLong();
    private final AtomicLong renewals = new AtomicLong();
    private final AtomicLong finishes = new AtomicLong();
    private final AtomicLong failedTries = new AtomicLong();
    private final AtomicLongArray barriers = new AtomicLongArray(HeldTimes.BOUNDS_SECONDS.size());
    private final AtomicLong barriersRefused = new AtomicLong();
    private final AtomicLong barrierNanos = new AtomicLong();
    private final AtomicLong busy = new AtomicLong();
    private final AtomicLong zeroChecksumFrames = new AtomicLong();
    private final AtomicLong tornHeaders = new AtomicLong();
    private volatile boolean heldByReader;

    void looked(PublishedHeader header) {
        walFrames.set(header.mxFrame());
    }

    void walIsBytes(long bytes) {
        walBytes.set(bytes);
    }

    void renewed() {
        renewals.incrementAndGet();
    }

    void finished() {
        finishes.incrementAndGet();
    }

    void tryFailed() {
        failedTries.incrementAndGet();
    }

    void barrierHeld(long nanos) {
        barriers.incrementAndGet(HeldTimes.bucketOf(nanos / 1e9));
        barrierNanos.addAndGet(nanos);
    }

    void barrierRefused() {
        barriersRefused.incrementAndGet();
        busy();
    }

    void busy() {
        busy.incrementAndGet();
    }

    void zeroChecksumFramesRead(int frames) {
        zeroChecksumFrames.addAndGet(frames);
    }

    void tornHeaderRepaired() {
        tornHeaders.incrementAndGet();
    }

    void heldByReader(boolean held) {
        heldByReader = held;
    }

    WalStatistics statistics() {
        return new WalStatistics(
                walBytes.get(),
                walFrames.get(),
                renewals.get(),
                finishes.get(),
                failedTries.get(),
                new HeldTimes(
                        IntStream.range(0, barriers.length())
                                .mapToObj(barriers::get)
                                .toList(),
                        barrierNanos.get() / 1e9),
                barriersRefused.get(),
                busy.get(),
                zeroChecksumFrames.get(),
                tornHeaders.get(),
                heldByReader);
    }
}
