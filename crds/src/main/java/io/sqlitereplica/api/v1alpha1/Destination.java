package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Where a replica goes; exactly one of the fields is set. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "[has(self.s3), has(self.file)].filter(x, x).size() == 1",
        message = "must have exactly one of s3 (an S3 bucket) and file (a volume of the pod)")
public record Destination(
        @JsonPropertyDescription("A bucket of S3 or of a server that speaks its protocol. The bucket must exist.")
        @Nullable
        S3Destination s3,

        @JsonPropertyDescription("A folder on a volume of the pod. It should be another volume than the database's,"
                + " best a network file system or another disk: a replica beside its database is lost with"
                + " it.")
        @Nullable
        FileDestination file) {}
