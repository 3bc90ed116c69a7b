package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A restore over an existing database, done once per id. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RestoreRequest(
        @Required @Size(min = 1, max = 63) @JsonPropertyDescription("Names the request; each id is done once.")
        String id,

        @Size(max = 40)
        @JsonPropertyDescription("The point in time, RFC 3339, like 2026-11-23T08:00:00Z. Default: the newest.")
        @Nullable
        String timestamp) {}
