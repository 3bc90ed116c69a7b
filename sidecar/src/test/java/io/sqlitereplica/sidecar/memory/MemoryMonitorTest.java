package io.sqlitereplica.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;

/** The monitor over time, with a clock and figures of the test's own. */
class MemoryMonitorTest {
    private static final long MIB = 1024 * 1024;
    private static final long LIMIT = 128 * MIB;

    private long now = -5_000_000_000L;
    private long anon = 60 * MIB;
    private long heapUsed = 20 * MIB;
    private long heapLive = 8 * MIB;
    private long gcMillis;
    private long majorFaults;
    private boolean broken;

    private final MemoryMonitor monitor = new MemoryMonitor(this::figures, () -> now);

    private MemorySample figures(long atNanos) throws IOException {
        if (broken) {
            throw new IOException("memory.stat is gone");
        }
        CgroupSample cgroup = new CgroupSample(
                LIMIT,
                anon + 40 * MIB,
                anon,
                35 * MIB,
                5 * MIB,
                30 * MIB,
                2 * MIB,
                3 * MIB,
                LIMIT,
                1,
                2,
                3,
                4,
                majorFaults,
                5,
                OptionalDouble.empty(),
                OptionalDouble.empty());
        JvmSample jvm = new JvmSample(
                anon - MIB, heapUsed, 24 * MIB, heapLive, true, 5 * MIB, 12 * MIB, 30 * MIB, 10 * MIB, gcMillis);
        return new MemorySample(atNanos, Optional.of(cgroup), jvm);
    }

    private MemoryStatus next() {
        now += MemoryMonitor.INTERVAL.toNanos();
        monitor.sample();
        return monitor.current();
    }

    @Test
    void showsEveryFigure() {
        assertThat(next())
                .isEqualTo(new MemoryStatus(
                        LIMIT,
                        60 * MIB,
                        35 * MIB,
                        2 * MIB,
                        3 * MIB,
                        70 * MIB,
                        59 * MIB,
                        20 * MIB,
                        24 * MIB,
                        8 * MIB,
                        5 * MIB,
                        12 * MIB,
                        30 * MIB,
                        10 * MIB,
                        0,
                        0,
                        2,
                        MemoryVerdict.HEALTHY,
                        "anonymous memory without dead objects is 38 % of the limit (48 of 128 MiB)",
                        null,
                        null));
        assertThat(monitor.cgroup()).isPresent();
    }

    @Test
    void isUnknownBeforeAnythingWasMeasured() {
        assertThat(monitor.current().verdict()).isEqualTo(MemoryVerdict.UNKNOWN);

        broken = true;
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.UNKNOWN);
        assertThat(monitor.current().reason()).contains("memory.stat is gone");
    }

    @Test
    void isUnknownWhenTheFiguresAreOld() {
        next();
        broken = true;
        for (int i = 0; i < 6; i++) {
            assertThat(next().verdict()).isEqualTo(MemoryVerdict.HEALTHY);
        }
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.UNKNOWN);
        assertThat(monitor.current().reason()).contains("35 s old", "memory.stat is gone");
        assertThat(monitor.current().anonBytes()).isEqualTo(60 * MIB);

        broken = false;
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.HEALTHY);
    }

    @Test
    void aFilledHeapIsNoLeak() {
        anon = 125 * MIB;
        heapUsed = 24 * MIB;

        heapLive = 6 * MIB;
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.HEALTHY);

        heapLive = 20 * MIB;
        next();
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.CRITICAL);
    }

    @Test
    void measuresRatesOverHalfAMinute() {
        for (int i = 0; i < 10; i++) {
            gcMillis += 1000;
            next();
        }
        assertThat(monitor.current().gcOverheadRatio()).isCloseTo(0.2, within(1e-9));

        for (int i = 0; i < 6; i++) {
            next();
        }
        assertThat(monitor.current().gcOverheadRatio()).isZero();
    }

    @Test
    void majorFaultsCountWhenMemoryIsShort() {
        anon = 110 * MIB;
        majorFaults = 1_000_000;
        next();
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.HEALTHY);

        majorFaults += 1000;
        next();
        assertThat(next().verdict()).isEqualTo(MemoryVerdict.PRESSURE);
    }

    @Test
    void saysWhenTheLimitWouldBeReached() {
        for (int i = 0; i <= 720; i++) {
            anon += 1000;
            next();
        }

        MemoryStatus status = monitor.current();
        assertThat(status.anonSlopeBytesPerHour()).isCloseTo(720_000, within(1.0));
        long left = LIMIT - (anon - heapUsed + heapLive);
        assertThat(status.secondsToLimit()).isCloseTo(left / 200, within(2L));
    }

    @Test
    void aShrinkingProcessNeverReachesTheLimit() {
        for (int i = 0; i <= 200; i++) {
            anon -= 1000;
            next();
        }

        assertThat(monitor.current().anonSlopeBytesPerHour()).isNegative();
        assertThat(monitor.current().secondsToLimit()).isNull();
    }

    @Test
    void looksAtThisProcess() throws IOException {
        try (MemoryMonitor real = new MemoryMonitor(Cgroup.ofThisProcess())) {
            assertThat(real.current().heapUsedBytes()).isPositive();
            assertThat(real.current().verdict()).isNotEqualTo(MemoryVerdict.UNKNOWN);
            assertThat(thread()).isPresent();
        }
        await().atMost(Duration.ofSeconds(10)).until(() -> thread().isEmpty());
    }

    private static Optional<Thread> thread() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("memory-monitor"))
                .findFirst();
    }
}
