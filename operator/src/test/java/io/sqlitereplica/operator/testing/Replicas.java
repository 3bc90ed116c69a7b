package io.sqlitereplica.operator.testing;

import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.sqlitereplica.api.v1alpha1.Destination;
import io.sqlitereplica.api.v1alpha1.FileDestination;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaSpec;

/** SqliteReplicas as a user writes them. */
public final class Replicas {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private Replicas() {}

    /** A small right one. */
    public static SqliteReplica orders(String namespace) {
        return orders(namespace, "");
    }

    /**
     * A small right one with more in its spec.
     *
     * @param more lines of YAML, indented by two
     */
    public static SqliteReplica orders(String namespace, String more) {
        SqliteReplica replica = YAML.unmarshal("""
            apiVersion: sqlitereplica.io/v1alpha1
            kind: SqliteReplica
            metadata: {name: orders, namespace: %s, uid: 6b1fb9a5-3c7a-4f0e-9a8e-0d5f6f7c1a2b, generation: 3}
            spec:
              databases:
              - {name: orders, path: /data/orders.db}
              destination:
                s3:
                  bucket: backups
                  prefix: "shop/{pod}/{database}"
                  endpoint: "http://s3.storage:9000"
                  credentialsSecretRef: {name: backups}
            """.formatted(namespace) + more, SqliteReplica.class);
        replica.getMetadata().setNamespace(namespace);
        return replica;
    }

    /** The same spec with a volume of the pod as destination. */
    public static SqliteReplicaSpec withFile(SqliteReplicaSpec spec, String volume, String path) {
        return new SqliteReplicaSpec(
                spec.databases(),
                new Destination(null, new FileDestination(volume, path)),
                spec.sync(),
                spec.compaction(),
                spec.snapshot(),
                spec.restore(),
                spec.verification(),
                spec.sidecar(),
                spec.restart(),
                spec.suspend());
    }
}
