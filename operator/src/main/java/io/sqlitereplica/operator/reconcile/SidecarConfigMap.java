package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Names;
import io.sqlitereplica.operator.jvm.JvmOptions;
import java.net.HttpURLConnection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The ConfigMap that the sidecars of a replica mount: their configuration, and the options of their JVM. */
final class SidecarConfigMap {
    static final String MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
    static final String MANAGED_BY = "sqlitereplica";
    static final String SELECTOR = MANAGED_BY_LABEL + "=" + MANAGED_BY + "," + Annotations.REPLICA_LABEL;

    private SidecarConfigMap() {}

    /** What should be there. */
    static ConfigMap desired(SqliteReplica replica) {
        Quantity limit = replica.getSpec().sidecar().resources().limits().memory();
        JvmOptions options =
                JvmOptions.forLimit(Quantity.getAmountInBytes(limit).longValue());
        return new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(replica.getMetadata().getNamespace())
                .withName(Names.configMap(replica.getMetadata().getName()))
                .withLabels(Map.of(
                        MANAGED_BY_LABEL,
                        MANAGED_BY,
                        Annotations.REPLICA_LABEL,
                        replica.getMetadata().getName()))
                .withOwnerReferences(new OwnerReferenceBuilder()
                        .withApiVersion(replica.getApiVersion())
                        .withKind(replica.getKind())
                        .withName(replica.getMetadata().getName())
                        .withUid(replica.getMetadata().getUid())
                        .withController(true)
                        .build())
                .endMetadata()
                .addToData(Names.CONFIG_KEY, SidecarConfig.yaml(replica))
                .addToData(options.fileName(), options.text())
                .build();
    }

    /**
     * Makes the ConfigMap what it should be.
     *
     * @param seen as it was last seen; null when there is none
     * @return what is in the way, in words for the user
     */
    static Optional<String> write(KubernetesClient client, ConfigMap desired, @Nullable ConfigMap seen) {
        if (seen == null) {
            return create(client, desired);
        }
        if (!isSame(desired, seen)) {
            client.resource(seen).edit(current -> withContent(current, desired));
        }
        return Optional.empty();
    }

    private static Optional<String> create(KubernetesClient client, ConfigMap desired) {
        try {
            client.resource(desired).create();
            return Optional.empty();
        } catch (KubernetesClientException e) {
            if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                throw e;
            }
        }
        ConfigMap existing = client.resource(desired).get();
        if (existing != null && !isOurs(existing)) {
            return Optional.of(
                    "The ConfigMap %s exists and is not the operator's, which needs it for the sidecars: delete it or give the SqliteReplica another name."
                            .formatted(desired.getMetadata().getName()));
        }
        // Ours, and newer than what was seen: the next round compares.
        return Optional.empty();
    }

    private static ConfigMap withContent(ConfigMap seen, ConfigMap desired) {
        return new ConfigMapBuilder(seen)
                .editMetadata()
                .addToLabels(desired.getMetadata().getLabels())
                .withOwnerReferences(desired.getMetadata().getOwnerReferences())
                .endMetadata()
                .withData(desired.getData())
                .build();
    }

    private static boolean isSame(ConfigMap desired, ConfigMap seen) {
        return desired.getData().equals(seen.getData())
                && desired.getMetadata()
                        .getOwnerReferences()
                        .equals(seen.getMetadata().getOwnerReferences());
    }

    private static boolean isOurs(ConfigMap configMap) {
        Map<String, String> labels = configMap.getMetadata().getLabels();
        return labels != null && MANAGED_BY.equals(labels.get(MANAGED_BY_LABEL));
    }
}
