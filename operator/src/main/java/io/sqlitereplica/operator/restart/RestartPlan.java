package io.sqlitereplica.operator.restart;

import io.sqlitereplica.operator.restart.RestartDecision.HeldBack;
import io.sqlitereplica.operator.restart.RestartDecision.InProgress;
import io.sqlitereplica.operator.restart.RestartDecision.NotDue;
import io.sqlitereplica.operator.restart.RestartDecision.RestartNow;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Which pod's sidecar to restart next. Decided from the pods alone, so that it survives the operator. */
public final class RestartPlan {
    private RestartPlan() {}

    /**
     * Decides for the last time of the schedule that has come.
     *
     * @param startingDeadline how late a restart may still happen
     */
    public static RestartDecision decide(
            Schedule schedule, Duration startingDeadline, Instant now, List<RestartCandidate> pods) {
        Optional<Instant> fire =
                schedule.last(now).filter(last -> !last.plus(startingDeadline).isBefore(now));
        if (fire.isEmpty()) {
            return new NotDue();
        }
        List<RestartCandidate> inOrder = pods.stream()
                .sorted(Comparator.comparing(RestartCandidate::pod))
                .toList();
        // A request that had no effect for so long has none any more.
        Instant notBefore = now.minus(startingDeadline);
        Optional<RestartCandidate> restarting =
                inOrder.stream().filter(pod -> pod.isRestarting(notBefore)).findFirst();
        if (restarting.isPresent()) {
            return new InProgress(restarting.get().pod());
        }
        Optional<RestartCandidate> next =
                inOrder.stream().filter(pod -> isDue(pod, fire.get())).findFirst();
        if (next.isEmpty()) {
            return new NotDue();
        }
        return inOrder.stream()
                .flatMap(pod -> pod.obstacle().stream())
                .findFirst()
                .<RestartDecision>map(reason -> new HeldBack(fire.get(), reason))
                .orElseGet(() -> new RestartNow(next.get().pod(), fire.get()));
    }

    /** A pod that has started since, or was asked already, is not asked again. */
    private static boolean isDue(RestartCandidate pod, Instant fire) {
        return pod.runsSinceBefore(fire)
                && pod.asked().map(asked -> asked.isBefore(fire)).orElse(true);
    }
}
