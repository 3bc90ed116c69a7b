package io.sqlitereplica.api.v1alpha1;

import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.kubernetes.api.model.Namespaced;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.model.annotation.Group;
import io.fabric8.kubernetes.model.annotation.ShortNames;
import io.fabric8.kubernetes.model.annotation.Version;
import org.jspecify.annotations.Nullable;

/** Says which SQLite databases of which pods are replicated where, and shows how well that goes. */
@Group(SqliteReplica.GROUP)
@Version("v1alpha1")
@ShortNames("slr")
@AdditionalPrinterColumn(name = "Ready", jsonPath = ".status.ready", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Pods", jsonPath = ".status.podsReady", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Lag", jsonPath = ".status.lag", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Memory", jsonPath = ".status.memory", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(name = "Verdict", jsonPath = ".status.verdict", type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Restarts",
        jsonPath = ".status.restartCount",
        type = AdditionalPrinterColumn.Type.INTEGER)
@AdditionalPrinterColumn(
        name = "Next-Restart",
        jsonPath = ".status.nextRestart",
        type = AdditionalPrinterColumn.Type.STRING)
@AdditionalPrinterColumn(
        name = "Age",
        jsonPath = ".metadata.creationTimestamp",
        type = AdditionalPrinterColumn.Type.DATE)
@AdditionalPrinterColumn(
        name = "Destination",
        jsonPath = ".status.destination",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Last-Snapshot",
        jsonPath = ".status.lastSnapshot",
        type = AdditionalPrinterColumn.Type.DATE,
        priority = 1)
@AdditionalPrinterColumn(
        name = "OOM-Kills",
        jsonPath = ".status.oomKills",
        type = AdditionalPrinterColumn.Type.INTEGER,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Heap",
        jsonPath = ".status.heap",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
@AdditionalPrinterColumn(
        name = "Cache",
        jsonPath = ".status.cache",
        type = AdditionalPrinterColumn.Type.STRING,
        priority = 1)
public class SqliteReplica extends CustomResource<SqliteReplicaSpec, @Nullable SqliteReplicaStatus>
        implements Namespaced {
    /** The API group of the project. */
    public static final String GROUP = "sqlitereplica.io";

    private static final long serialVersionUID = 1L;

    @Override
    @SuppressWarnings("NullAway") // filled by the deserializer, as the super class wants it
    protected SqliteReplicaSpec initSpec() {
        return null;
    }

    @Override
    protected @Nullable SqliteReplicaStatus initStatus() {
        return null;
    }
}
