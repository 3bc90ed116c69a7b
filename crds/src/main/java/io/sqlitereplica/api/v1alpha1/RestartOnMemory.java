package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Restarts by the verdict on the sidecar's memory. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RestartOnMemory(
        @JsonPropertyDescription("The verdict that leads to a restart.") @Nullable
        MemoryVerdict verdict,

        @JsonProperty("for")
        @Size(max = 32)
        @JsonPropertyDescription("How long the verdict must last, like 5m.")
        @Nullable
        String lasting,

        @Size(max = 32) @JsonPropertyDescription("The least time between two restarts of a pod, like 1h.") @Nullable
        String minInterval) {}
