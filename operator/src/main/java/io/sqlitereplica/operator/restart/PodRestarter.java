package io.sqlitereplica.operator.restart;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.sqlitereplica.api.v1alpha1.Annotations;
import java.net.HttpURLConnection;
import java.time.Instant;

/** Asks a pod's sidecar to restart: patches an annotation that the sidecar watches. */
public final class PodRestarter {
    private final KubernetesClient client;

    /** Patches with this client. */
    public PodRestarter(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Asks, unless the pod has changed since it was seen.
     *
     * @param pod as it was when the restart was decided
     * @param fire the time of the schedule that came
     * @return whether the pod took it; if not, decide again with the pod as it is now
     */
    public boolean restart(Pod pod, Instant fire) {
        Pod patch = new PodBuilder()
                .withNewMetadata()
                .withName(pod.getMetadata().getName())
                .withNamespace(pod.getMetadata().getNamespace())
                .withResourceVersion(pod.getMetadata().getResourceVersion())
                .addToAnnotations(Annotations.RESTART, fire.toString())
                .endMetadata()
                .build();
        try {
            client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            client.getKubernetesSerialization().asJson(patch));
            return true;
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case HttpURLConnection.HTTP_CONFLICT, HttpURLConnection.HTTP_NOT_FOUND -> false;
                default -> throw e;
            };
        }
    }
}
