package io.sqlitereplica.operator.restart;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.operator.restart.RestartDecision.HeldBack;
import io.sqlitereplica.operator.restart.RestartDecision.InProgress;
import io.sqlitereplica.operator.restart.RestartDecision.NotDue;
import io.sqlitereplica.operator.restart.RestartDecision.RestartNow;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RestartPlanTest {
    private static final Schedule SUNDAYS = Schedule.parse("30 4 * * 0", "UTC");
    private static final Instant FIRE = Instant.parse("2026-11-22T04:30:00Z");
    private static final Instant BEFORE = Instant.parse("2026-11-20T00:00:00Z");
    private static final Duration DEADLINE = Duration.ofHours(1);

    @Test
    void restartsTheFirstPodWhenItsTimeHasCome() {
        assertThat(decide(FIRE, running("orders-1"), running("orders-0"))).isEqualTo(new RestartNow("orders-0", FIRE));
    }

    @Test
    void isNotDueBeforeItsTime() {
        assertThat(decide(FIRE.minusSeconds(1), running("orders-0"))).isEqualTo(new NotDue());
    }

    @Test
    void waitsForAPodToComeBackBeforeTheNext() {
        assertThat(decide(FIRE.plusSeconds(5), asked("orders-0", BEFORE), running("orders-1")))
                .isEqualTo(new InProgress("orders-0"));
        assertThat(decide(FIRE.plusSeconds(9), asked("orders-0", FIRE.plusSeconds(8)), running("orders-1")))
                .isEqualTo(new RestartNow("orders-1", FIRE));
    }

    @Test
    void takesASidecarThatIsAwayForTheOneThatWasAsked() {
        var away = new RestartCandidate(
                "orders-0", Optional.of(FIRE), Optional.empty(), Optional.of("pod orders-0 cannot be asked"));

        assertThat(decide(FIRE.plusSeconds(5), away, running("orders-1"))).isEqualTo(new InProgress("orders-0"));
    }

    @Test
    void isDoneWhenAllHaveComeBack() {
        assertThat(decide(
                        FIRE.plusSeconds(20),
                        asked("orders-0", FIRE.plusSeconds(8)),
                        asked("orders-1", FIRE.plusSeconds(12))))
                .isEqualTo(new NotDue());
    }

    @Test
    void leavesAPodAloneThatStartedAfterTheTime() {
        var fresh =
                new RestartCandidate("orders-0", Optional.empty(), Optional.of(FIRE.plusSeconds(1)), Optional.empty());

        assertThat(decide(FIRE.plusSeconds(30), fresh)).isEqualTo(new NotDue());
    }

    @Test
    void isHeldBackWhileAnyPodHasAnObstacle() {
        var behind = new RestartCandidate(
                "orders-1", Optional.empty(), Optional.of(BEFORE), Optional.of("pod orders-1 is behind"));

        assertThat(decide(FIRE, running("orders-0"), behind)).isEqualTo(new HeldBack(FIRE, "pod orders-1 is behind"));
    }

    @Test
    void runsAMissedTimeOnceWithinTheDeadline() {
        assertThat(decide(FIRE.plus(DEADLINE), running("orders-0"))).isEqualTo(new RestartNow("orders-0", FIRE));
    }

    @Test
    void skipsAMissedTimeAfterTheDeadline() {
        assertThat(decide(FIRE.plus(DEADLINE).plusMillis(1), running("orders-0")))
                .isEqualTo(new NotDue());
    }

    @Test
    void asksAgainAtTheNextTimeWhenARequestHadNoEffect() {
        Instant next = FIRE.plus(Duration.ofDays(7));

        assertThat(decide(next, asked("orders-0", BEFORE))).isEqualTo(new RestartNow("orders-0", next));
    }

    @Test
    void doesNothingWithoutPods() {
        assertThat(decide(FIRE)).isEqualTo(new NotDue());
    }

    @Test
    void doesNotRestartASidecarThatCannotBeAsked() {
        var unknown = new RestartCandidate(
                "orders-0", Optional.empty(), Optional.empty(), Optional.of("pod orders-0 cannot be asked"));

        assertThat(decide(FIRE, unknown)).isEqualTo(new NotDue());
        assertThat(decide(FIRE, unknown, running("orders-1")))
                .isEqualTo(new HeldBack(FIRE, "pod orders-0 cannot be asked"));
    }

    private static RestartDecision decide(Instant now, RestartCandidate... pods) {
        return RestartPlan.decide(SUNDAYS, DEADLINE, now, List.of(pods));
    }

    private static RestartCandidate running(String pod) {
        return new RestartCandidate(pod, Optional.empty(), Optional.of(BEFORE), Optional.empty());
    }

    private static RestartCandidate asked(String pod, Instant startedAt) {
        return new RestartCandidate(pod, Optional.of(FIRE), Optional.of(startedAt), Optional.empty());
    }
}
