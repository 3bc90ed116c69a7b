package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Encryption of the objects by the S3 server. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ServerSideEncryption(
        @Required @JsonPropertyDescription("AES256 or KMS.") Algorithm algorithm,

        @Size(min = 1, max = 2048) @JsonPropertyDescription("The key for KMS.") @Nullable
        String kmsKeyId) {

    /** Who holds the key. */
    public enum Algorithm {
        /** The S3 server itself. */
        AES256,
        /** A key management service. */
        KMS
    }
}
