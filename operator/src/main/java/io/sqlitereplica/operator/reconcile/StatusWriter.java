package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;

/** Writes the status of a SqliteReplica. */
interface StatusWriter {
    /** Makes this the status of the replica. */
    void write(SqliteReplica replica, SqliteReplicaStatus status);

    /** By server-side apply: fields that are no longer applied disappear, and nobody's spec is touched. */
    static StatusWriter serverSideApply(KubernetesClient client) {
        PatchContext apply = new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("sqlitereplica-operator")
                .withForce(true)
                .build();
        return (replica, status) -> {
            SqliteReplica applied = new SqliteReplica();
            applied.getMetadata().setNamespace(replica.getMetadata().getNamespace());
            applied.getMetadata().setName(replica.getMetadata().getName());
            applied.getMetadata().setUid(replica.getMetadata().getUid());
            applied.setStatus(status);
            client.resource(applied).subresource("status").patch(apply, applied);
        };
    }
}
