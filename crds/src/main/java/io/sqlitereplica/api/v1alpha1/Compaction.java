package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Merging of the files of the syncs into larger ones. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Compaction(
        @Size(min = 1, max = 8)
        @JsonPropertyDescription("The time span of each level's files, ascending, like 30s, 5m, 1h.")
        @Nullable
        List<String> levels) {}
