package io.sqlitereplica.operator.restart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;

class ScheduleTest {
    private static final Schedule SUNDAYS = Schedule.parse("30 4 * * 0", "Europe/Berlin");

    @Test
    void findsTheNextTimeInItsZone() {
        assertThat(SUNDAYS.next(Instant.parse("2026-11-23T12:00:00Z")))
                .contains(ZonedDateTime.parse("2026-11-29T04:30:00+01:00[Europe/Berlin]"));
        assertThat(SUNDAYS.next(Instant.parse("2026-06-23T12:00:00Z")))
                .contains(ZonedDateTime.parse("2026-06-28T04:30:00+02:00[Europe/Berlin]"));
    }

    @Test
    void theTimeItselfIsTheLastOneAndNotTheNext() {
        Instant fire = Instant.parse("2026-11-29T03:30:00Z");

        assertThat(SUNDAYS.last(fire)).contains(fire);
        assertThat(SUNDAYS.last(fire.minusNanos(1))).contains(Instant.parse("2026-11-22T03:30:00Z"));
        assertThat(SUNDAYS.next(fire)).map(ZonedDateTime::toInstant).contains(Instant.parse("2026-12-06T03:30:00Z"));
    }

    @Test
    void runsAsMuchLaterAsTheClocksJumpWhenTheySkipTheTime() {
        Schedule nightly = Schedule.parse("30 2 * * *", "Europe/Berlin");

        ZonedDateTime run = ZonedDateTime.parse("2026-03-29T03:30:00+02:00[Europe/Berlin]");
        Instant gap = Instant.parse("2026-03-29T01:00:00Z");
        assertThat(nightly.next(Instant.parse("2026-03-28T12:00:00Z"))).contains(run);
        assertThat(nightly.next(gap)).contains(run);
        assertThat(nightly.next(gap.plusSeconds(600))).contains(run);
        assertThat(nightly.next(run.toInstant()))
                .contains(ZonedDateTime.parse("2026-03-30T02:30:00+02:00[Europe/Berlin]"));
        assertThat(nightly.last(gap.plusSeconds(600))).contains(Instant.parse("2026-03-28T01:30:00Z"));
        assertThat(nightly.last(run.toInstant())).contains(run.toInstant());
        assertThat(nightly.last(Instant.parse("2026-03-29T12:00:00Z"))).contains(run.toInstant());
    }

    @Test
    void runsOnceWhenTheClocksRepeatTheTime() {
        Schedule nightly = Schedule.parse("30 2 * * *", "Europe/Berlin");
        Instant first = Instant.parse("2026-10-25T00:30:00Z");

        assertThat(nightly.next(Instant.parse("2026-10-24T12:00:00Z")))
                .map(ZonedDateTime::toInstant)
                .contains(first);
        assertThat(nightly.next(first)).map(ZonedDateTime::toInstant).contains(Instant.parse("2026-10-26T01:30:00Z"));
        assertThat(nightly.last(Instant.parse("2026-10-25T01:10:00Z"))).contains(first);
        assertThat(nightly.last(Instant.parse("2026-10-25T01:40:00Z"))).contains(first);
        assertThat(nightly.last(Instant.parse("2026-10-25T12:00:00Z"))).contains(first);
    }

    @Test
    void nextAndLastAgreeAroundTheChangesOfTheClocks() {
        for (String change : new String[] {"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"}) {
            for (String cron : new String[] {"30 2 * * *", "*/20 * * * *", "15 1,2,3 * * 0"}) {
                Schedule schedule = Schedule.parse(cron, "Europe/Berlin");
                Instant end = Instant.parse(change).plus(Duration.ofHours(5));
                Instant start = Instant.parse(change).minus(Duration.ofHours(5));
                for (Instant at = start; at.isBefore(end); at = at.plusSeconds(300)) {
                    Instant last = schedule.last(at).orElseThrow();
                    Instant next = schedule.next(at).orElseThrow().toInstant();
                    assertThat(last).as("%s at %s", cron, at).isBeforeOrEqualTo(at);
                    assertThat(next).as("%s at %s", cron, at).isAfter(at);
                    assertThat(schedule.next(last))
                            .as("%s after %s", cron, last)
                            .map(ZonedDateTime::toInstant)
                            .contains(next);
                    assertThat(schedule.last(next.minusNanos(1)))
                            .as("%s before %s", cron, next)
                            .contains(last);
                }
            }
        }
    }

    @Test
    void neverRunsOnADayThatNoCalendarHas() {
        Schedule never = Schedule.parse("0 0 30 2 *", "UTC");

        assertThat(never.next(Instant.parse("2026-01-01T00:00:00Z"))).isEmpty();
        assertThat(never.last(Instant.parse("2026-01-01T00:00:00Z"))).isEmpty();
    }

    @Test
    void refusesWhatIsNoCronLineOrZone() {
        assertThatThrownBy(() -> Schedule.parse("61 4 * * 0", "UTC")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Schedule.parse("30 4 * *", "UTC")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Schedule.parse("30 4 * * 0", "Berlin")).isInstanceOf(DateTimeException.class);
    }
}
