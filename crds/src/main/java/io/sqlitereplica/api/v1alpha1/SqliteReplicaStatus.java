package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the operator saw. The flat fields are the columns of {@code kubectl get sqlitereplicas}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SqliteReplicaStatus(
        @JsonPropertyDescription("The generation of the spec that this status is about.") @Nullable
        Long observedGeneration,

        @Size(max = 16)
        @JsonPropertyDescription("What is true of the replica: Ready (all of the others that matter), Injected"
                + " (each annotated pod has its sidecar), Replicating (each database is being replicated),"
                + " Restorable (the destination has a snapshot of each database), MemoryHealthy (each sidecar"
                + " is far from its memory limit), DestinationReachable (what the last request to the"
                + " destination said). Unknown means that nobody could be asked; it never counts as healthy.")
        List<Condition> conditions,

        @Size(max = 1000)
        @JsonPropertyDescription("The pods with the annotation sqlitereplica.io/inject: <this name>, and what"
                + " their sidecars say of themselves.")
        List<PodStatus> pods,

        @Size(max = 10)
        @JsonPropertyDescription("The last ten restarts of sidecars that the operator asked for, newest first.")
        List<RestartRecord> restarts,

        @JsonPropertyDescription("Column READY: the status of the condition Ready.") @Nullable
        String ready,

        @JsonPropertyDescription("Column PODS: pods that replicate, of all annotated pods.") @Nullable
        String podsReady,

        @JsonPropertyDescription("Column LAG: the age of the oldest commit that is not in the destination yet, of the"
                + " pod that is furthest behind.")
        @Nullable
        String lag,

        @JsonPropertyDescription("Column MEMORY: anonymous memory of the sidecar against its limit, of the pod that is"
                + " closest to it. Page cache and slab are not in it: the kernel takes them back when it"
                + " needs to.")
        @Nullable
        String memory,

        @JsonPropertyDescription("Column VERDICT: the worst verdict of all sidecars on their memory.") @Nullable
        MemoryVerdict verdict,

        @JsonPropertyDescription("Column RESTARTS: how many restarts of sidecars the operator has asked for.") @Nullable
        Integer restartCount,

        @JsonPropertyDescription("Column NEXT-RESTART: when the next scheduled restart is due, in the schedule's time"
                + " zone. in-progress: a sidecar is restarting; held-back: one is due but waits (an Event says for"
                + " what); suspended: spec.suspend; never: the schedule names a day that no calendar has; -: no"
                + " schedule.")
        @Nullable
        String nextRestart,

        @JsonPropertyDescription("Column DESTINATION: where the replica goes.") @Nullable
        String destination,

        @JsonPropertyDescription("Column LAST-SNAPSHOT: when the newest snapshot was finished, of the pod where that"
                + " is longest ago.")
        @Nullable
        String lastSnapshot,

        @JsonPropertyDescription("Column OOM-KILLS: how many times the kernel has killed a sidecar of the present pods"
                + " for want of memory.")
        @Nullable
        Integer oomKills,

        @JsonPropertyDescription("Column HEAP: the Java heap in use against its maximum, of the pod in MEMORY.")
        @Nullable
        String heap,

        @JsonPropertyDescription("Column CACHE: page cache and slab that the kernel counts as memory of the sidecar,"
                + " of the pod in MEMORY. High values are harmless.")
        @Nullable
        String cache) {

    static final String SCHEMA = """
        {"properties": {
          "conditions": {
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["type"],
            "items": {
              "required": ["type", "status", "lastTransitionTime", "reason", "message"],
              "properties": {
                "type": {"description": "Ready, Injected, Replicating, Restorable, MemoryHealthy or DestinationReachable."},
                "status": {"enum": ["True", "False", "Unknown"], "description": "True, False or Unknown."},
                "lastTransitionTime": {"format": "date-time", "description": "When the status last changed."},
                "observedGeneration": {"description": "The generation of the spec that the condition is about."},
                "reason": {"description": "The cause in one word, for scripts."},
                "message": {"description": "The cause, which pod or file it concerns, and what to do."}}}},
          "pods": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
          "restarts": {"x-kubernetes-list-type": "atomic"},
          "lastSnapshot": {"format": "date-time"}}}
        """;

    /** Missing lists are empty lists. */
    public SqliteReplicaStatus {
        conditions = List.copyOf(requireNonNullElse(conditions, List.of()));
        pods = List.copyOf(requireNonNullElse(pods, List.of()));
        restarts = List.copyOf(requireNonNullElse(restarts, List.of()));
    }

    /** The status of a replica that nobody has looked at yet. */
    public static SqliteReplicaStatus none() {
        return new SqliteReplicaStatus(
                null, List.of(), List.of(), List.of(), null, null, null, null, null, null, null, null, null, null, null,
                null);
    }
}
