package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Min;
import org.jspecify.annotations.Nullable;

/** The user that the sidecar runs as. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record SidecarSecurityContext(
        @Min(0) @JsonPropertyDescription("The numeric user id. It should be the owner of the database file.") @Nullable
        Long runAsUser,

        @Min(0) @JsonPropertyDescription("The numeric primary group id.") @Nullable
        Long runAsGroup) {}
