package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** A restore that was done before the application started. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RestoreReport(
        @JsonPropertyDescription("The transaction that was restored, 16 hexadecimal digits.") @Nullable
        String fromTxid,

        @JsonPropertyDescription("How long the restore took, in seconds.") @Nullable
        Double durationSeconds,

        @JsonPropertyDescription("The size of the restored database, in bytes.") @Nullable
        Long bytes) {}
