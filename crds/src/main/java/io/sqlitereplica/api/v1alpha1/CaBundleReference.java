package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Names the ConfigMap that holds a certificate authority. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CaBundleReference(
        @Required
        @Size(min = 1, max = 253)
        @JsonPropertyDescription("The name of the ConfigMap in the namespace of the SqliteReplica.")
        String name,

        @Default("ca.crt")
        @Size(min = 1, max = 253)
        @ValidationRule(
                value = "self.matches('^[-._a-zA-Z0-9]+$')",
                message = "must be a key of a ConfigMap, like ca.crt")
        @JsonPropertyDescription("Its key with the certificates, in PEM. Default: ca.crt.")
        String key) {
    /** Fills in what was left out with the same default as the API server does. */
    public CaBundleReference {
        key = requireNonNullElse(key, "ca.crt");
    }
}
