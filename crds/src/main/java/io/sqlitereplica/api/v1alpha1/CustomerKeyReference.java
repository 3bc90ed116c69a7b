package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Names the key of a Secret in the namespace of the SqliteReplica that holds an encryption key. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CustomerKeyReference(
        @Required
        @Size(min = 1, max = 253)
        @JsonPropertyDescription("The name of the Secret in the namespace of the SqliteReplica.")
        String name,

        @Default("key")
        @Size(min = 1, max = 253)
        @ValidationRule(value = "self.matches('^[-._a-zA-Z0-9]+$')", message = "must be a key of a Secret, like key")
        @JsonPropertyDescription(
                "Its key with the 32 bytes, as they are or in base64: openssl rand -base64 32." + " Default: key.")
        String key) {
    /** Fills in what was left out with the same default as the API server does. */
    public CustomerKeyReference {
        key = requireNonNullElse(key, "key");
    }
}
