package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Names the ConfigMap that holds a certificate authority. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CaBundleReference(
        @Required
        @Size(min = 1, max = 253)
        @JsonPropertyDescription("The name of the ConfigMap in the namespace of the SqliteReplica.")
        String name,

        @Size(min = 1, max = 253) @JsonPropertyDescription("The key of the certificates in PEM format.") @Nullable
        String key) {}
