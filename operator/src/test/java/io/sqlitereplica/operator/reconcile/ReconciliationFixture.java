package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.poll.SidecarPoller;
import io.sqlitereplica.operator.testing.FakeSidecar;
import io.sqlitereplica.operator.testing.MutableClock;
import io.sqlitereplica.operator.testing.Pods;
import io.sqlitereplica.operator.testing.Replicas;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whole rounds for one SqliteReplica against a mock API server and sidecars that say what a test wants. */
final class ReconciliationFixture implements AutoCloseable {
    static final String SHOP = "shop";
    static final Instant START = Instant.parse("2026-11-23T08:00:00Z");

    final KubernetesMockServer server = new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
    final KubernetesClient client;
    final SidecarPoller poller = new SidecarPoller();
    final FakeSidecar sidecar = new FakeSidecar();
    final MutableClock clock = new MutableClock(START);
    final List<SqliteReplicaStatus> written = new ArrayList<>();
    final Reconciliation reconciliation;
    SqliteReplica replica = Replicas.orders(SHOP);

    ReconciliationFixture() throws IOException {
        server.init();
        client = server.createClient();
        reconciliation = new Reconciliation(client, poller, (_, status) -> written.add(status), clock);
    }

    @Override
    public void close() {
        sidecar.close();
        poller.close();
        client.close();
        server.destroy();
    }

    /** One round, with the ConfigMap as it is on the server. */
    SqliteReplicaStatus run(Pod... pods) {
        return write(List.of(pods), configMap().orElse(null));
    }

    SqliteReplicaStatus write(List<Pod> pods, @Nullable ConfigMap configMap) {
        reconciliation.run(replica, pods, configMap);
        return written.getLast();
    }

    Pod pod(String name) {
        Pod pod = Pods.running(Pods.injected(SHOP, name, "orders", sidecar.port()));
        pod.getMetadata().setUid("uid-of-" + name);
        return pod;
    }

    Pod current(String name) {
        return client.pods().inNamespace(SHOP).withName(name).get();
    }

    Optional<String> restartAnnotation(String pod) {
        return Optional.ofNullable(current(pod).getMetadata().getAnnotations().get(Annotations.RESTART));
    }

    Optional<ConfigMap> configMap() {
        return Optional.ofNullable(
                client.configMaps().inNamespace(SHOP).withName("orders-sidecar").get());
    }

    List<Event> events() {
        return client.v1().events().inNamespace(SHOP).list().getItems();
    }

    static Condition ready(SqliteReplicaStatus status) {
        return condition(status, "Ready");
    }

    static Condition condition(SqliteReplicaStatus status, String type) {
        return status.conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }
}
