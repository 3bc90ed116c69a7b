package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** What the last verification of a replica found. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VerificationReport(
        @JsonPropertyDescription("When it ended.") @Nullable String at,

        @JsonPropertyDescription("The newest transaction that was found right, 16 hexadecimal digits.") @Nullable
        String txid,

        @JsonPropertyDescription("How long it took, in seconds.") @Nullable
        Double durationSeconds,

        @JsonPropertyDescription("The first bad object, and what is wrong with it.") @Nullable
        String error) {}
