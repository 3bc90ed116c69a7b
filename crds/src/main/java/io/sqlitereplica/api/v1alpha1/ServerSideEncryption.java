package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Encryption of the objects by the S3 server. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.kmsKeyId) || self.algorithm == 'KMS'",
        message = "kmsKeyId goes with algorithm KMS: take that, or remove kmsKeyId")
@ValidationRule(
        value = "has(self.customerKeySecretRef) == (self.algorithm == 'CustomerKey')",
        message = "customerKeySecretRef goes with algorithm CustomerKey, and that with nothing else: give both or none")
public record ServerSideEncryption(
        @Required
        @JsonPropertyDescription("AES256: with a key of the server (SSE-S3). KMS: with a key of a key management"
                + " service (SSE-KMS). CustomerKey: with a key of yours that is sent with each request and kept"
                + " nowhere (SSE-C): whoever loses it has lost the replica.")
        Algorithm algorithm,

        @Size(min = 1, max = 2048)
        @JsonPropertyDescription("The id or ARN of the key for KMS. Default: the default key of the service.")
        @Nullable
        String kmsKeyId,

        @JsonPropertyDescription("The Secret with the key for CustomerKey.") @Nullable
        CustomerKeyReference customerKeySecretRef) {

    /** Who holds the key. */
    public enum Algorithm {
        /** The S3 server itself. */
        AES256,
        /** A key management service. */
        KMS,
        /** Nobody but the user. */
        CustomerKey
    }
}
