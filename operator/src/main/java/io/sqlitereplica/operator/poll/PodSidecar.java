package io.sqlitereplica.operator.poll;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateRunning;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.operator.inject.Names;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar of a pod as the pod itself describes it.
 *
 * @param status what the kubelet last said of it; null before its first word
 */
public record PodSidecar(
        Pod pod, Container container, @Nullable ContainerStatus status) {
    /** The pod's sidecar, if one was injected. */
    public static Optional<PodSidecar> of(Pod pod) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream())
                .filter(container -> container.getName().equals(Names.CONTAINER))
                .findFirst()
                .map(container -> new PodSidecar(pod, container, status(pod)));
    }

    /** Whether the container runs at this moment, started up or not. */
    public boolean isRunning() {
        return status != null && status.getState() != null && status.getState().getRunning() != null;
    }

    /** Since when the container runs, if it does. */
    public Optional<Instant> runningSince() {
        return state().map(ContainerState::getRunning)
                .map(ContainerStateRunning::getStartedAt)
                .map(Instant::parse);
    }

    /** How the container is, when the kubelet has said so. */
    public Optional<ContainerState> state() {
        return Optional.ofNullable(status).map(ContainerStatus::getState);
    }

    /** How the container before this one ended, if there was one. */
    public Optional<ContainerState> lastState() {
        return Optional.ofNullable(status).map(ContainerStatus::getLastState);
    }

    /** How often the kubelet has restarted the container. */
    public int restarts() {
        return status == null || status.getRestartCount() == null ? 0 : status.getRestartCount();
    }

    /**
     * Where the sidecar listens, once the pod has an address.
     *
     * @param defaultPort when the container declares no port
     */
    Optional<String> address(int defaultPort) {
        int port = container.getPorts().stream()
                .map(ContainerPort::getContainerPort)
                .findFirst()
                .orElse(defaultPort);
        return Optional.ofNullable(pod.getStatus())
                .map(podStatus -> podStatus.getPodIP())
                .filter(ip -> !ip.isEmpty())
                .map(ip -> (ip.contains(":") ? "[" + ip + "]" : ip) + ":" + port);
    }

    private static @Nullable ContainerStatus status(Pod pod) {
        if (pod.getStatus() == null) {
            return null;
        }
        return Stream.concat(
                        pod.getStatus().getInitContainerStatuses().stream(),
                        pod.getStatus().getContainerStatuses().stream())
                .filter(each -> each.getName().equals(Names.CONTAINER))
                .findFirst()
                .orElse(null);
    }
}
