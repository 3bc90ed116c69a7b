package io.sqlitereplica.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The trend of the last hour. */
class TrendTest {
    private static final long INTERVAL = MemoryMonitor.INTERVAL.toNanos();
    private static final long MIB = 1024 * 1024;

    private final Trend trend = new Trend(MemoryMonitor.INTERVAL);

    @Test
    void saysNothingInTheFirstTenMinutes() {
        assertThat(trend.perHour()).isEmpty();
        for (int i = 0; i < 120; i++) {
            trend.add(i * INTERVAL, i);
            assertThat(trend.perHour()).isEmpty();
        }
        trend.add(120 * INTERVAL, 120);
        assertThat(trend.perHour()).isPresent();
    }

    @Test
    void findsALineThroughNoise() {
        Random noise = new Random(3);
        for (int i = 0; i < 500; i++) {
            trend.add(-7 + i * INTERVAL, 50 * MIB + i * 1000L + (long) (noise.nextGaussian() * MIB / 100));
        }

        assertThat(trend.perHour().orElseThrow()).isCloseTo(720_000, within(10_000.0));
    }

    @Test
    void aSteadyValueHasNoSlope() {
        for (int i = 0; i < 500; i++) {
            trend.add(i * INTERVAL, 70 * MIB);
        }

        assertThat(trend.perHour().orElseThrow()).isCloseTo(0, within(1e-3));
    }

    @Test
    void forgetsWhatIsOlderThanAnHour() {
        long at = 0;
        for (int i = 0; i < 2000; i++, at += INTERVAL) {
            trend.add(at, i * MIB);
        }
        for (int i = 0; i < 721; i++, at += INTERVAL) {
            trend.add(at, 70 * MIB);
        }

        assertThat(trend.perHour().orElseThrow()).isCloseTo(0, within(1e-3));
    }

    @Test
    void pausesInTheSamplesDoNotBringOldOnesBack() {
        for (int i = 0; i < 300; i++) {
            trend.add(i * INTERVAL, i * MIB);
        }
        long later = Duration.ofHours(5).toNanos();
        for (int i = 0; i <= 120; i++) {
            trend.add(later + i * INTERVAL, 70 * MIB);
        }

        assertThat(trend.perHour().orElseThrow()).isCloseTo(0, within(1e-3));
    }
}
