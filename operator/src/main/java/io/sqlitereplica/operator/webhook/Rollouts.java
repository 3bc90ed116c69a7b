package io.sqlitereplica.operator.webhook;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentStrategy;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.sqlitereplica.operator.inject.Rollout;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** Where the webhook looks up how the pods of a ReplicaSet are run. */
public interface Rollouts {
    /** What controls a ReplicaSet, empty when that cannot be found out. */
    Optional<Rollout> find(String namespace, String replicaSet);

    /** Asks the API server each time; needs the right to get ReplicaSets and Deployments. */
    static Rollouts of(KubernetesClient client) {
        return (namespace, replicaSet) -> {
            try {
                return Optional.ofNullable(client.apps()
                                .replicaSets()
                                .inNamespace(namespace)
                                .withName(replicaSet)
                                .get())
                        .flatMap(found -> ofReplicaSet(client, found));
            } catch (KubernetesClientException e) {
                LoggerFactory.getLogger(Rollouts.class)
                        .warn(
                                "event=rollout-unknown replicaSet={}/{} cause=\"{}\"",
                                namespace,
                                replicaSet,
                                e.getMessage());
                return Optional.empty();
            }
        };
    }

    private static Optional<Rollout> ofReplicaSet(KubernetesClient client, ReplicaSet replicaSet) {
        Optional<OwnerReference> owner = replicaSet.getMetadata().getOwnerReferences().stream()
                .filter(reference -> Boolean.TRUE.equals(reference.getController()))
                .findFirst();
        if (owner.isEmpty()) {
            return Optional.of(new Rollout(
                    "ReplicaSet " + replicaSet.getMetadata().getName(),
                    requireNonNullElse(replicaSet.getSpec().getReplicas(), 1),
                    false));
        }
        if (!owner.get().getKind().equals("Deployment")
                || !owner.get().getApiVersion().startsWith("apps/")) {
            return Optional.empty();
        }
        return Optional.ofNullable(client.apps()
                        .deployments()
                        .inNamespace(replicaSet.getMetadata().getNamespace())
                        .withName(owner.get().getName())
                        .get())
                .map(Rollouts::ofDeployment);
    }

    private static Rollout ofDeployment(Deployment deployment) {
        DeploymentStrategy strategy = deployment.getSpec().getStrategy();
        return new Rollout(
                "Deployment " + deployment.getMetadata().getName(),
                requireNonNullElse(deployment.getSpec().getReplicas(), 1),
                strategy == null || surges(strategy));
    }

    /** Left out, a Deployment surges by a quarter, rounded up. */
    private static boolean surges(DeploymentStrategy strategy) {
        if ("Recreate".equals(strategy.getType())) {
            return false;
        }
        IntOrString surge = strategy.getRollingUpdate() == null
                ? null
                : strategy.getRollingUpdate().getMaxSurge();
        return surge == null || !String.valueOf(surge.getValue()).matches("0+%?");
    }
}
