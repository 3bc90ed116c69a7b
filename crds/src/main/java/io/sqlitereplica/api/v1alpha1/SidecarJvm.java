package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Settings of the sidecar's Java virtual machine. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SidecarJvm(
        @Size(max = 16)
        @JsonPropertyDescription("The share of the memory limit that the heap may take, in percent.")
        @Nullable
        String maxRAMPercentage,

        @JsonPropertyDescription("The size of the buffers outside the heap.") @Nullable
        Quantity maxDirectMemorySize,

        @Size(max = 32) @JsonPropertyDescription("Further options.") @Nullable
        List<String> extraOptions) {}
