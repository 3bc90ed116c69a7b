package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is known of one annotated pod and its sidecar. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PodStatus(
        @Required @JsonPropertyDescription("The name of the pod.")
        String name,

        @Required
        @JsonPropertyDescription("What the sidecar does: Pending (the pod has not started), Starting,"
                + " Restoring, Waiting (the application has made no database yet), Snapshotting, Replicating,"
                + " Stopped, Failed, NotInjected (the pod has no sidecar), Unknown (the sidecar could not be"
                + " asked).")
        Phase phase,

        @JsonPropertyDescription("Why the pod is not replicating, and what to do.") @Nullable
        String message,

        @JsonPropertyDescription("The age of the oldest commit of the pod that is not in the destination yet.")
        @Nullable
        String lag,

        @JsonPropertyDescription("When the sidecar's Java process was started.") @Nullable
        String startedAt,

        @JsonPropertyDescription("The version of the sidecar.") @Nullable
        String version,

        @JsonPropertyDescription("How the sidecar's container is using memory.") @Nullable
        MemoryUse memory,

        @JsonPropertyDescription(
                "How often the kernel has killed the sidecar for want of memory since the pod was" + " made.")
        @Nullable
        Integer oomKills,

        @JsonPropertyDescription("When the kernel last killed the sidecar for want of memory.") @Nullable
        String lastOomKillAt,

        @JsonPropertyDescription("How often the kubelet has restarted the sidecar's container. Restarts that the"
                + " operator asks for do not count: they happen inside the container.")
        @Nullable
        Integer containerRestarts,

        @JsonPropertyDescription("How many databases the sidecar replicates; at most 20 of them are listed.") @Nullable
        Integer databaseCount,

        @Size(max = 20)
        @JsonPropertyDescription("The databases of the pod, those with errors first, then those furthest" + " behind.")
        List<DatabaseStatus> databases) {

    /** Missing lists are empty lists. */
    public PodStatus {
        databases = List.copyOf(requireNonNullElse(databases, List.of()));
    }

    /** What the sidecar of a pod does. */
    public enum Phase {
        /** The pod has not started. */
        Pending,
        /** The sidecar is starting. */
        Starting,
        /** A database is being restored. */
        Restoring,
        /** The application has made no database yet. */
        Waiting,
        /** A first snapshot is being written. */
        Snapshotting,
        /** Every database is being replicated. */
        Replicating,
        /** The sidecar has stopped. */
        Stopped,
        /** A database cannot be replicated. */
        Failed,
        /** The pod has no sidecar. */
        NotInjected,
        /** The sidecar could not be asked. */
        Unknown
    }
}
