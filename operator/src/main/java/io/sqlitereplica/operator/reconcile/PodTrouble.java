package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.operator.poll.PodSidecar;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a sidecar does not run, from what the kubelet and the scheduler say of its pod.
 *
 * @param message the cause and where to look
 */
record PodTrouble(Phase phase, String message) {
    /** What keeps the sidecar of a pod from running. */
    static PodTrouble of(Pod pod, PodSidecar sidecar) {
        String podName = pod.getMetadata().getName();
        ContainerState state = sidecar.state().orElse(null);
        if (state == null) {
            return unscheduled(pod)
                    .map(message -> new PodTrouble(Phase.Pending, "The pod cannot be scheduled: " + message))
                    .orElseGet(() -> pending(podName));
        }
        if (state.getTerminated() != null) {
            return ended(state.getTerminated());
        }
        if (state.getWaiting() != null) {
            return waiting(podName, sidecar, state.getWaiting());
        }
        return pending(podName);
    }

    private static PodTrouble waiting(String podName, PodSidecar sidecar, ContainerStateWaiting waiting) {
        String reason = waiting.getReason() == null ? "" : waiting.getReason();
        return switch (reason) {
            case "CrashLoopBackOff" ->
                sidecar.lastState()
                        .map(ContainerState::getTerminated)
                        .map(PodTrouble::ended)
                        .orElseGet(() -> new PodTrouble(Phase.Failed, "The sidecar keeps ending; see its log."));
            case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull" ->
                new PodTrouble(
                        Phase.Failed,
                        "The sidecar's image %s cannot be pulled: check spec.sidecar.image; kubectl describe pod %s says more."
                                .formatted(sidecar.container().getImage(), podName));
            case "CreateContainerConfigError", "CreateContainerError", "RunContainerError" ->
                new PodTrouble(
                        Phase.Failed,
                        "The sidecar's container cannot be created: %s."
                                .formatted(orElse(waiting.getMessage(), reason)));
            default -> pending(podName);
        };
    }

    private static PodTrouble ended(ContainerStateTerminated end) {
        String message = orElse(end.getMessage(), "").strip();
        if ("OOMKilled".equals(end.getReason())) {
            return new PodTrouble(
                    Phase.Failed,
                    "The kernel killed the sidecar because it reached its memory limit: raise"
                            + " spec.sidecar.resources.limits.memory.");
        }
        if (end.getExitCode() != null && end.getExitCode() == 0) {
            return new PodTrouble(Phase.Stopped, "The sidecar has stopped.");
        }
        return new PodTrouble(
                Phase.Failed,
                message.isEmpty()
                        ? "The sidecar ended with exit code %d; see its log.".formatted(end.getExitCode())
                        : "The sidecar ended: " + message);
    }

    private static PodTrouble pending(String podName) {
        return new PodTrouble(
                Phase.Pending,
                "The sidecar's container is being created. If that lasts, kubectl describe pod %s says why, for example a Secret or a volume that does not exist."
                        .formatted(podName));
    }

    private static Optional<String> unscheduled(Pod pod) {
        return Optional.ofNullable(pod.getStatus()).stream()
                .flatMap(status -> status.getConditions().stream())
                .filter(condition -> condition.getType().equals("PodScheduled")
                        && condition.getStatus().equals("False"))
                .map(PodCondition::getMessage)
                .findFirst();
    }

    private static String orElse(@Nullable String text, String other) {
        return text == null || text.isBlank() ? other : text;
    }
}
