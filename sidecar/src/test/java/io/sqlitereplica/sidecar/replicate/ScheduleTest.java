package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    @Test
    void followsACronExpressionInItsTimeZone() {
        assertThat(new Schedule.Cron("0 3 * * *", ZoneOffset.UTC).nextAfter(Instant.parse("2026-11-23T03:00:00Z")))
                .isEqualTo("2026-11-24T03:00:00Z");
        assertThat(new Schedule.Cron("30 4 * * 0", ZoneId.of("Europe/Berlin"))
                        .nextAfter(Instant.parse("2026-11-23T03:00:00Z")))
                .isEqualTo("2026-11-29T03:30:00Z");
    }

    @Test
    void refusesWhatIsNoExpression() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Schedule.Cron("at noon", ZoneOffset.UTC));
        assertThatIllegalArgumentException().isThrownBy(() -> new Schedule.Every(Duration.ZERO));
    }

    @Test
    void isDueAfterTheIntervalOrAMissedTime() {
        Instant start = Instant.parse("2026-11-23T00:00:00Z");
        SnapshotTimer timer = new SnapshotTimer(new Schedule.Every(Duration.ofHours(1)), start);

        assertThat(timer.isDue(start.plusSeconds(3599), null, false)).isFalse();
        assertThat(timer.isDue(start.plusSeconds(3600), null, false)).isTrue();
        assertThat(timer.isDue(start, start.minusSeconds(86_400), false))
                .as("missed while down")
                .isTrue();
        assertThat(timer.isDue(start.plusSeconds(3600), start.plusSeconds(1), false))
                .isFalse();
    }

    @Test
    void waitsAWhileAfterAFailureAndAfterHavingNothingToDo() {
        Instant start = Instant.parse("2026-11-23T00:00:00Z");
        SnapshotTimer timer = new SnapshotTimer(new Schedule.Every(Duration.ofSeconds(1)), start);

        timer.failed(start.plusSeconds(10));
        assertThat(timer.isDue(start.plusSeconds(69), null, false)).isFalse();
        assertThat(timer.isDue(start.plusSeconds(70), null, false)).isTrue();
        timer.skip(start.plusSeconds(70));
        assertThat(timer.isDue(start.plusSeconds(70), null, false)).isFalse();
        assertThat(timer.isDue(start.plusSeconds(71), null, false)).isTrue();
    }
}
