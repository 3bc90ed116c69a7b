package io.sqlitereplica.operator.reconcile;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.sqlitereplica.api.v1alpha1.Database;
import io.sqlitereplica.api.v1alpha1.Restore;
import io.sqlitereplica.api.v1alpha1.RestoreRequest;
import io.sqlitereplica.api.v1alpha1.S3Destination;
import io.sqlitereplica.api.v1alpha1.Snapshot;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaSpec;
import io.sqlitereplica.api.v1alpha1.Verification;
import io.sqlitereplica.operator.inject.Names;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The file {@code sidecar.yaml} that the sidecars of a replica read. */
final class SidecarConfig {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final int VERSION = 1;

    private SidecarConfig() {}

    /** The content of the file; the spec must be valid. */
    static String yaml(SqliteReplica replica) {
        SqliteReplicaSpec spec = replica.getSpec();
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("version", VERSION);
        config.put(
                "replica",
                fields(
                        "namespace", replica.getMetadata().getNamespace(),
                        "name", replica.getMetadata().getName()));
        config.put(
                "databases",
                spec.databases().stream()
                        .map(database -> database(database, spec))
                        .toList());
        S3Destination s3 = spec.destination().s3();
        if (s3 != null && s3.credentialsSecretRef() != null) {
            config.put("credentialsFolder", Names.CREDENTIALS_PATH);
        }
        config.put(
                "sync",
                fields(
                        "interval",
                        spec.sync().interval(),
                        "maxStagedBytes",
                        bytes(spec.sync().maxStagedBytes())));
        config.put(
                "compaction",
                fields("levels", String.join(", ", spec.compaction().levels())));
        config.put("snapshot", snapshot(spec.snapshot()));
        config.put("restore", restore(spec.restore()));
        Verification verification = spec.verification();
        if (verification != null) {
            config.put(
                    "verification", fields("schedule", verification.schedule(), "timeZone", verification.timeZone()));
        }
        config.put("podFolder", Names.TMP_PATH);
        config.put("listen", "0.0.0.0:" + spec.sidecar().port());
        config.put("podAnnotations", Names.POD_PATH + "/annotations");
        config.put("terminationMessage", "/dev/termination-log");
        return YAML.asYaml(config);
    }

    private static Map<String, Object> database(Database database, SqliteReplicaSpec spec) {
        return fields(
                "name",
                database.name(),
                "path",
                database.path(),
                "url",
                DestinationUrl.of(spec.destination(), database.name()));
    }

    private static Map<String, Object> snapshot(Snapshot snapshot) {
        Map<String, Object> fields = snapshot.schedule() == null
                ? fields("interval", requireNonNull(snapshot.interval()))
                : fields("schedule", snapshot.schedule(), "timeZone", snapshot.timeZone());
        fields.put("retention", snapshot.retention());
        if (snapshot.maxWalBytes() != null) {
            fields.put("maxWalBytes", bytes(snapshot.maxWalBytes()));
        }
        return fields;
    }

    private static Map<String, Object> restore(Restore restore) {
        Map<String, Object> fields = fields(
                "whenMissing", restore.whenMissing().name(),
                "onDivergence", restore.onDivergence().name());
        RestoreRequest request = restore.request();
        if (request != null) {
            Map<String, Object> asked = fields("id", request.id());
            if (request.timestamp() != null) {
                asked.put("timestamp", request.timestamp());
            }
            if (request.txid() != null) {
                asked.put("txid", request.txid());
            }
            fields.put("request", asked);
        }
        return fields;
    }

    private static long bytes(Quantity amount) {
        return Quantity.getAmountInBytes(amount).longValue();
    }

    private static Map<String, Object> fields(Object... namesAndValues) {
        List<Object> all = List.of(namesAndValues);
        Map<String, Object> fields = new LinkedHashMap<>();
        for (int i = 0; i < all.size(); i += 2) {
            fields.put((String) all.get(i), all.get(i + 1));
        }
        return fields;
    }
}
