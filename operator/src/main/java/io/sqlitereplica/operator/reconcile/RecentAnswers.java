package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.operator.poll.PollResult;
import io.sqlitereplica.operator.poll.SidecarStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What sidecars said a moment ago. One poll that fails, or the second in which a sidecar restarts, does not make a
 * healthy pod unknown.
 */
final class RecentAnswers {
    /** How long an answer counts. */
    static final Duration VALID = Duration.ofSeconds(15);

    private final ExpiringMap<SidecarStatus> byPod = new ExpiringMap<>(VALID);

    /** Takes in what came of asking a pod. */
    PodObservation observe(Pod pod, PollResult result, Instant now) {
        String uid = pod.getMetadata().getUid();
        return switch (result) {
            case PollResult.Answered(SidecarStatus status) -> {
                byPod.put(uid, status, now);
                yield new PodObservation(pod, result, Optional.of(status));
            }
            case PollResult.Unreachable _ -> new PodObservation(pod, result, byPod.get(uid, now));
            case PollResult.NotReady _ -> {
                byPod.remove(uid);
                yield new PodObservation(pod, result, Optional.empty());
            }
        };
    }
}
