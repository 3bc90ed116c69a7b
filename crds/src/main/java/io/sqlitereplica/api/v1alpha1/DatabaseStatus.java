package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** What a sidecar says of one database. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record DatabaseStatus(
        @Required @JsonPropertyDescription("The name of the database.")
        String name,

        @JsonPropertyDescription("The path of the database file.") @Nullable
        String path,

        @JsonPropertyDescription("starting, restoring, waiting, snapshotting, replicating, stopped or failed.")
        @Nullable
        String state,

        @JsonPropertyDescription(
                "The last transaction that the sidecar has taken from the database, 16 hexadecimal" + " digits.")
        @Nullable
        String txid,

        @JsonPropertyDescription("The last transaction that is durable in the destination, 16 hexadecimal digits.")
        @Nullable
        String replicatedTxid,

        @JsonPropertyDescription("The age of the oldest commit that is not in the destination yet.") @Nullable
        String lag,

        @JsonPropertyDescription("When the newest snapshot was finished.") @Nullable
        String lastSnapshotAt,

        @JsonPropertyDescription("What went wrong, and the way out.") @Nullable
        String error,

        @JsonPropertyDescription("The restore that was done before the application started, if there was one.")
        @Nullable
        RestoreReport restore,

        @JsonPropertyDescription("The id of the restore request that was done last.") @Nullable
        String restoreRequest,

        @JsonPropertyDescription("What the last verification since the start of the sidecar found.") @Nullable
        VerificationReport verification) {}
