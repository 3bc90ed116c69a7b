package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** Names a Secret in the namespace of the SqliteReplica. */
public record SecretReference(
        @Required
        @Size(min = 1, max = 253)
        @JsonPropertyDescription("The name of the Secret in the namespace of the SqliteReplica.")
        String name) {}
