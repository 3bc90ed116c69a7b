package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the user wants; fields left out have the defaults that the CustomResourceDefinition states. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "size(self.databases) < 2 || !has(self.destination.s3)"
                + " || self.destination.s3.prefix.contains('{database}')",
        message = "spec.destination.s3.prefix must contain {database} where there are several databases, like"
                + " 'shop/{pod}/{database}': each needs a folder of its own")
@ValidationRule(
        value = "size(self.databases) < 2 || !has(self.destination.file)"
                + " || self.destination.file.path.contains('{database}')",
        message = "spec.destination.file.path must contain {database} where there are several databases, like"
                + " '{pod}/{database}': each needs a folder of its own")
@ValidationRule(
        value = "!self.databases.exists(database, database.path.matches('[*?\\\\[{]'))"
                + " || (has(self.destination.s3) && self.destination.s3.prefix.endsWith('{database}'))"
                + " || (has(self.destination.file) && self.destination.file.path.endsWith('{database}'))",
        message =
                "spec.destination must end with {database}, like 'shop/{pod}/{database}', where the path of a database"
                        + " is a pattern: each file that matches gets a folder of its own there")
public record SqliteReplicaSpec(
        @Required
        @Size(min = 1, max = 100)
        @JsonPropertyDescription("The databases of each pod to replicate, at most 100. The volumes that hold"
                + " them must be mounted in the application's container; the sidecar mounts them at the same"
                + " paths. A path with a pattern counts once, however many files match: give the sidecar 160Ki more"
                + " memory for each. One that fails does not stop the others.")
        List<Database> databases,

        @Required
        @JsonPropertyDescription("Where the replica goes: exactly one of s3 and file. The operator never"
                + " deletes what is there, not even when the SqliteReplica is deleted.")
        Destination destination,

        @Default("{}")
        @JsonPropertyDescription("How often changes are shipped, and how much may wait on the pod's volume"
                + " while the destination is down.")
        Sync sync,

        @Default("{}") @JsonPropertyDescription("Merging of the small files of the syncs into larger ones.")
        Compaction compaction,

        @Default("{\"schedule\": \"0 3 * * *\", \"timeZone\": \"UTC\"}")
        @JsonPropertyDescription("When a full copy of the database is written to the destination. A restore"
                + " reads the newest snapshot and all syncs after it, so rarer snapshots mean longer restores,"
                + " and more frequent ones more traffic. A first snapshot is always taken. Default: each"
                + " night at 03:00 UTC.")
        Snapshot snapshot,

        @Default("{}")
        @JsonPropertyDescription("What happens before the application starts when its database is missing.")
        Restore restore,

        @JsonPropertyDescription(
                "A scheduled check that reads the whole replica as a restore would, compares all checksums, and keeps"
                        + " nothing. What is wrong makes the condition Restorable False and names the object, and a new"
                        + " snapshot is taken. It reads as much from the destination as a restore does. Default: none.")
        @Nullable
        Verification verification,

        @Default("{}")
        @JsonPropertyDescription("The container that the operator adds to the pods: image, user, port,"
                + " resources. Changes apply to pods created afterwards.")
        Sidecar sidecar,

        @Default("{}")
        @JsonPropertyDescription("When the operator restarts the sidecar's Java process inside its running"
                + " container. The pod stays Ready, the application is not touched and goes on writing; the"
                + " replica falls behind for about a second and then catches up. The replica does not need"
                + " it: memory is bounded by design. Use it as a safety net that costs little. One pod of a"
                + " SqliteReplica is restarted at a time, and none while the destination cannot be reached or"
                + " another pod is behind. Default: no restarts.")
        Restart restart,

        @Default("false")
        @JsonPropertyDescription(
                "true pauses restarts; replication, snapshots and injection go on. Default:" + " false.")
        Boolean suspend) {

    /** Fills in what was left out with the same defaults as the API server does. */
    public SqliteReplicaSpec {
        databases = List.copyOf(requireNonNullElse(databases, List.of()));
        sync = requireNonNullElseGet(sync, Sync::defaults);
        compaction = requireNonNullElseGet(compaction, Compaction::defaults);
        snapshot = requireNonNullElseGet(snapshot, Snapshot::defaults);
        restore = requireNonNullElseGet(restore, Restore::defaults);
        sidecar = requireNonNullElseGet(sidecar, Sidecar::defaults);
        restart = requireNonNullElseGet(restart, Restart::defaults);
        suspend = requireNonNullElse(suspend, false);
    }
}
