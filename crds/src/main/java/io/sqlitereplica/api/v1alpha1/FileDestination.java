package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A folder on a volume of the pod. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record FileDestination(
        @Required
        @Size(min = 1, max = 63)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message = "must be the name of a volume in the pod's spec.volumes or of a volumeClaimTemplate,"
                        + " like 'backups', not a path")
        @JsonPropertyDescription("The name of a volume of the pod (spec.volumes, or a volumeClaimTemplate of a"
                + " StatefulSet). The application's container need not mount it.")
        String volume,

        @Required
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "self.matches('^([^{}]|[{]pod[}]|[{]database[}])*$')",
                message = "may contain the placeholders {pod} and {database} and no other braces")
        @ValidationRule(
                value = "!self.startsWith('/') && !self.endsWith('/') && !self.contains('//')"
                        + " && !self.matches('(^|/)[.][.]?(/|$)')",
                message = "must be a path inside the volume without '/' at its ends and without '//', '.' or"
                        + " '..', like '{pod}/{database}'")
        @JsonPropertyDescription("The folder of the replica inside the volume. {pod} is replaced by the name of"
                + " the pod and {database} by the name of the database: {pod}/{database}. A StatefulSet needs"
                + " {pod} where its pods share the volume; a Deployment must not have it, or each new pod"
                + " would start with an empty database.")
        String path) {}
