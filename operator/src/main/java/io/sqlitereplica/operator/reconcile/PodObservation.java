package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.operator.poll.PodSidecar;
import io.sqlitereplica.operator.poll.PollResult;
import io.sqlitereplica.operator.poll.SidecarStatus;
import java.util.Optional;

/**
 * A pod and what its sidecar says.
 *
 * @param answer what came of asking just now
 * @param known what the sidecar said just now or, when it could not be asked, a moment ago
 */
record PodObservation(Pod pod, PollResult answer, Optional<SidecarStatus> known) {
    String name() {
        return pod.getMetadata().getName();
    }

    Optional<PodSidecar> sidecar() {
        return PodSidecar.of(pod);
    }
}
