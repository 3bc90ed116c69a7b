package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** How a sidecar's container uses memory, in bytes. Written when the columns change, not at each poll. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record MemoryUse(
        @Required
        @JsonPropertyDescription("Healthy, Pressure (close to the limit), Critical (about to reach it), Unknown"
                + " (no data, or old data).")
        MemoryVerdict verdict,

        @JsonPropertyDescription("Why the verdict is what it is.") @Nullable
        String reason,

        @JsonPropertyDescription("The memory limit of the container.") @Nullable
        Long limitBytes,

        @JsonPropertyDescription("Anonymous memory: what the process itself takes and the kernel cannot take back."
                + " This is what the verdict looks at.")
        @Nullable
        Long anonBytes,

        @JsonPropertyDescription("Page cache: files the kernel keeps because there is room. Harmless.") @Nullable
        Long fileBytes,

        @JsonPropertyDescription("The kernel's own records of files and folders. Mostly harmless.") @Nullable
        Long slabBytes,

        @JsonPropertyDescription("All memory of the kernel for this container, slab included.") @Nullable
        Long kernelBytes,

        @JsonPropertyDescription("What Kubernetes shows as memory of the container: anonymous memory and page cache"
                + " in recent use together. Not a sign of a leak.")
        @Nullable
        Long workingSetBytes,

        @JsonPropertyDescription("The Java heap in use.") @Nullable
        Long heapUsedBytes,

        @JsonPropertyDescription("The greatest size of the Java heap.") @Nullable
        Long heapMaxBytes,

        @JsonPropertyDescription("The Java heap still in use after the last garbage collection.") @Nullable
        Long heapLiveBytes,

        @JsonPropertyDescription("Buffers outside the Java heap.") @Nullable
        Long directBytes,

        @JsonPropertyDescription("The greatest size of the buffers outside the Java heap.") @Nullable
        Long directMaxBytes) {}
