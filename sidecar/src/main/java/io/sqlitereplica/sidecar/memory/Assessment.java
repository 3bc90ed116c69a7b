package io.sqlitereplica.sidecar.memory;

/**
 * Judges one moment. The measure is the adjusted anonymous memory: what the heap holds in dead objects is taken off,
 * because the next collection makes room of it. The kernel's signs of distress count only when that is high: page cache
 * at the limit causes them as well, and harms nobody.
 *
 * @param limitBytes the limit; 0 for none
 * @param adjustedAnonBytes anonymous memory without dead objects
 * @param heapLiveBytes what the last collections left over
 * @param heapLiveKnown whether that is without dead objects
 * @param heapMaxBytes the most that the heap may hold
 * @param gcOverheadRatio the part of the time that went into collections, 0 to 1
 * @param majorFaultsPerSecond over the last half minute
 * @param limitHitsPerSecond over the last half minute
 * @param pressurePercent PSI "some" over 10 s; 0 where there is none
 */
record Assessment(
        long limitBytes,
        long adjustedAnonBytes,
        long heapLiveBytes,
        boolean heapLiveKnown,
        long heapMaxBytes,
        double gcOverheadRatio,
        double majorFaultsPerSecond,
        double limitHitsPerSecond,
        double pressurePercent) {

    static final double CRITICAL = 0.92;
    static final double PRESSURE = 0.85;
    static final double PRESSURE_WHEN_IN_DISTRESS = 0.70;
    static final double CRITICAL_GC_OVERHEAD = 0.20;
    static final double DISTRESS_MAJOR_FAULTS_PER_SECOND = 10;
    static final double DISTRESS_PRESSURE_PERCENT = 10;

    private static final double MIB = 1024 * 1024;

    Judgement judge() {
        double anon = limitBytes == 0 ? 0 : (double) adjustedAnonBytes / limitBytes;
        double live = heapLiveKnown && heapMaxBytes > 0 ? (double) heapLiveBytes / heapMaxBytes : 0;
        if (anon >= CRITICAL) {
            return new Judgement(MemoryVerdict.CRITICAL, anonText(anon));
        }
        if (live >= CRITICAL && gcOverheadRatio > CRITICAL_GC_OVERHEAD) {
            return new Judgement(
                    MemoryVerdict.CRITICAL,
                    heapText(live)
                            + ", and %.0f %% of the time goes into garbage collection"
                                    .formatted(gcOverheadRatio * 100));
        }
        if (anon >= PRESSURE) {
            return new Judgement(MemoryVerdict.PRESSURE, anonText(anon));
        }
        if (live >= PRESSURE) {
            return new Judgement(MemoryVerdict.PRESSURE, heapText(live));
        }
        if (anon >= PRESSURE_WHEN_IN_DISTRESS && inDistress()) {
            return new Judgement(MemoryVerdict.PRESSURE, anonText(anon) + ", and " + distressText());
        }
        return new Judgement(
                MemoryVerdict.HEALTHY, limitBytes == 0 ? "there is no limit; " + heapText(live) : anonText(anon));
    }

    private boolean inDistress() {
        return majorFaultsPerSecond >= DISTRESS_MAJOR_FAULTS_PER_SECOND
                || limitHitsPerSecond > 0
                || pressurePercent >= DISTRESS_PRESSURE_PERCENT;
    }

    private String distressText() {
        return "the kernel runs short: %.1f major faults and %.1f hits of the limit a second, tasks wait %.0f %% of the time"
                .formatted(majorFaultsPerSecond, limitHitsPerSecond, pressurePercent);
    }

    private String anonText(double ratio) {
        return "anonymous memory without dead objects is %.0f %% of the limit (%.0f of %.0f MiB)"
                .formatted(ratio * 100, adjustedAnonBytes / MIB, limitBytes / MIB);
    }

    private String heapText(double ratio) {
        return heapLiveKnown
                ? "live objects are %.0f %% of the largest heap (%.0f of %.0f MiB)"
                        .formatted(ratio * 100, heapLiveBytes / MIB, heapMaxBytes / MIB)
                : "the whole heap was not collected yet";
    }
}
