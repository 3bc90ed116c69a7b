package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A bucket of S3 or of a server that speaks its protocol. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.caBundleRef) || (has(self.endpoint) && self.endpoint.startsWith('https://'))",
        message = "caBundleRef needs an endpoint of yours with https, like endpoint: https://s3.storage:9000")
@ValidationRule(
        value = "!has(self.serverSideEncryption) || self.serverSideEncryption.algorithm != 'CustomerKey'"
                + " || !has(self.endpoint) || self.endpoint.startsWith('https://')",
        message = "serverSideEncryption.algorithm CustomerKey sends the key with each request: give an endpoint with"
                + " https, like endpoint: https://s3.storage:9000")
public record S3Destination(
        @Required
        @Size(min = 3, max = 63)
        @ValidationRule(
                value = "self.matches('^[a-z0-9][a-z0-9.-]*[a-z0-9]$')",
                message = "must be the name of a bucket alone, like 'backups': 3 to 63 lower-case letters,"
                        + " digits, '.' and '-'; what follows belongs into prefix, the server into endpoint")
        @JsonPropertyDescription(
                "The name of the bucket, for example backups. It must exist; it is never made" + " for you.")
        String bucket,

        @Required
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "self.matches('^([^{}]|[{]pod[}]|[{]database[}])*$')",
                message = "may contain the placeholders {pod} and {database} and no other braces")
        @ValidationRule(
                value = "!self.startsWith('/') && !self.endsWith('/') && !self.contains('//')"
                        + " && !self.matches('(^|/)[.][.]?(/|$)')",
                message = "must be a path inside the bucket without '/' at its ends and without '//', '.' or"
                        + " '..', like 'shop/{pod}/{database}'")
        @JsonPropertyDescription("The folder of the replica inside the bucket. {pod} is replaced by the name of"
                + " the pod and {database} by the name of the database: shop/{pod}/{database}. A StatefulSet"
                + " needs {pod}, or its pods would write to the same place; a Deployment must not have it, or"
                + " each new pod would start with an empty database.")
        String prefix,

        @Size(min = 8, max = 512)
        @ValidationRule(
                value = "self.matches('^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?$')",
                message = "must be http://host:port or https://host, without a path: the bucket and the folder"
                        + " have fields of their own")
        @JsonPropertyDescription("The server, for example http://s3.storage:9000, as the pods reach it."
                + " Default: Amazon S3 of the region.")
        @Nullable
        String endpoint,

        @Size(min = 1, max = 64)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9-]+$')",
                message = "must be the name of a region, like eu-central-1")
        @JsonPropertyDescription("The region that requests are signed for. Default: Amazon is asked where the"
                + " bucket is; for an endpoint of yours us-east-1, which most servers expect.")
        @Nullable
        String region,

        @JsonPropertyDescription("The Secret with the credentials, in the namespace of the SqliteReplica. Its"
                + " keys are access-key-id and secret-access-key (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                + " are also taken). It is mounted into the sidecar, which notices new keys without a restart;"
                + " the operator itself never reads it. Default: the keys of the role that the pod has at Amazon"
                + " (IAM roles for service accounts, EKS Pod Identity), or that its node has.")
        @Nullable
        SecretReference credentialsSecretRef,

        @JsonPropertyDescription("The ConfigMap with the certificate authorities of the endpoint, in the namespace of"
                + " the SqliteReplica. Only these are trusted then; changed ones count without a restart. Default:"
                + " the public authorities.")
        @Nullable
        CaBundleReference caBundleRef,

        @Default("Auto")
        @JsonPropertyDescription("How the bucket is named in requests: Always puts it into the path"
                + " (http://host/bucket/key), Never into the host name (http://bucket.host/key), Auto takes"
                + " the path for an endpoint of yours and the host name for Amazon S3. Default: Auto.")
        PathStyle pathStyle,

        @JsonPropertyDescription("Encryption of the objects by the server. Default: as the bucket is set up.") @Nullable
        ServerSideEncryption serverSideEncryption,

        @Size(min = 1, max = 64)
        @ValidationRule(
                value = "self.matches('^[A-Z][A-Z0-9_-]*$') && self != 'GLACIER' && self != 'DEEP_ARCHIVE'",
                message = "must be a storage class whose objects can be read at once, like STANDARD_IA or GLACIER_IR")
        @JsonPropertyDescription("The storage class of the objects, for example STANDARD_IA. Many classes charge each"
                + " object for a least size and time, and most objects of a replica are small and live for hours:"
                + " a lifecycle rule for <prefix>/0009, the snapshots, is mostly the cheaper way. Default: the"
                + " bucket's.")
        @Nullable
        String storageClass) {

    /** Fills in what was left out with the same defaults as the API server does. */
    public S3Destination {
        pathStyle = requireNonNullElse(pathStyle, PathStyle.Auto);
    }
}
