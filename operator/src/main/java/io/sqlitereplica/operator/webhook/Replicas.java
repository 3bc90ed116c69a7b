package io.sqlitereplica.operator.webhook;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Where the webhooks look SqliteReplicas up: a cache, or the API server. */
public interface Replicas {
    /** The SqliteReplica of a namespace by its name. One made a moment ago must be found. */
    Optional<SqliteReplica> find(String namespace, String name);

    /** All SqliteReplicas that the operator knows of; may be a moment old. */
    List<SqliteReplica> list();

    /** Asks the API server each time, for all namespaces; needs the rights to get and to list. */
    static Replicas of(KubernetesClient client) {
        return of(client, List.of());
    }

    /**
     * Asks the API server each time; needs the rights to get and to list.
     *
     * @param namespaces the namespaces that the operator looks after, none for all
     */
    static Replicas of(KubernetesClient client, Collection<String> namespaces) {
        return new Replicas() {
            @Override
            public Optional<SqliteReplica> find(String namespace, String name) {
                return Optional.ofNullable(client.resources(SqliteReplica.class)
                        .inNamespace(namespace)
                        .withName(name)
                        .get());
            }

            @Override
            public List<SqliteReplica> list() {
                var all = client.resources(SqliteReplica.class);
                return namespaces.isEmpty()
                        ? all.inAnyNamespace().list().getItems()
                        : namespaces.stream()
                                .flatMap(namespace -> all.inNamespace(namespace).list().getItems().stream())
                                .toList();
            }
        };
    }
}
