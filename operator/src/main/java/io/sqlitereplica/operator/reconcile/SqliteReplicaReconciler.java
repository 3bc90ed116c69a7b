package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.informer.InformerEventSourceConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import io.javaoperatorsdk.operator.processing.event.source.informer.InformerEventSource;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Names;
import io.sqlitereplica.operator.poll.SidecarPoller;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reconciles a SqliteReplica whenever it, one of its pods or its ConfigMap changes, and at each poll. */
@ControllerConfiguration(name = "sqlitereplica")
public final class SqliteReplicaReconciler implements Reconciler<SqliteReplica> {
    private final Reconciliation reconciliation;
    private final Duration pollInterval;

    /**
     * A reconciler.
     *
     * @param poller asks the sidecars; closed by the caller
     * @param pollInterval how often each sidecar is asked
     */
    public SqliteReplicaReconciler(KubernetesClient client, SidecarPoller poller, Duration pollInterval, Clock clock) {
        this.reconciliation = new Reconciliation(client, poller, StatusWriter.serverSideApply(client), clock);
        this.pollInterval = pollInterval;
    }

    @Override
    public UpdateControl<SqliteReplica> reconcile(SqliteReplica replica, Context<SqliteReplica> context) {
        if (replica.isMarkedForDeletion()) {
            return UpdateControl.noUpdate();
        }
        ConfigMap configMap = context.getSecondaryResources(ConfigMap.class).stream()
                .filter(each -> each.getMetadata()
                        .getName()
                        .equals(Names.configMap(replica.getMetadata().getName())))
                .findFirst()
                .orElse(null);
        reconciliation.run(replica, List.copyOf(context.getSecondaryResources(Pod.class)), configMap);
        return UpdateControl.<SqliteReplica>noUpdate().rescheduleAfter(pollInterval);
    }

    @Override
    public List<EventSource<?, SqliteReplica>> prepareEventSources(EventSourceContext<SqliteReplica> context) {
        return List.of(
                new InformerEventSource<>(
                        InformerEventSourceConfiguration.from(Pod.class, SqliteReplica.class)
                                .withName("pods")
                                .withLabelSelector(Annotations.REPLICA_LABEL)
                                .withSecondaryToPrimaryMapper(SqliteReplicaReconciler::replicaOf)
                                .build(),
                        context),
                new InformerEventSource<>(
                        InformerEventSourceConfiguration.from(ConfigMap.class, SqliteReplica.class)
                                .withName("configmaps")
                                .withLabelSelector(SidecarConfigMap.SELECTOR)
                                .withSecondaryToPrimaryMapper(SqliteReplicaReconciler::replicaOf)
                                .build(),
                        context));
    }

    private static Set<ResourceID> replicaOf(HasMetadata resource) {
        return Optional.ofNullable(resource.getMetadata().getLabels())
                .map((Map<String, String> labels) -> labels.get(Annotations.REPLICA_LABEL))
                .map(name -> Set.of(new ResourceID(name, resource.getMetadata().getNamespace())))
                .orElseGet(Set::of);
    }
}
