package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;
import static java.util.Objects.requireNonNullElseGet;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** The container that the operator adds to the pods. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.jvm)",
        message = "spec.sidecar.jvm is not supported by this version: heap and direct memory are computed from"
                + " resources.limits.memory; remove spec.sidecar.jvm")
public record Sidecar(
        @Size(min = 1, max = 512)
        @JsonPropertyDescription("The image of the sidecar. Default: the one of the operator's own release. A"
                + " new default applies to new pods only.")
        @Nullable
        String image,

        @Size(min = 1, max = 63)
        @JsonPropertyDescription("The container of the pod whose volume mounts and user the sidecar follows."
                + " Default: the one whose mounts cover the paths of the databases.")
        @Nullable
        String container,

        @JsonPropertyDescription("The user that the sidecar runs as; it must be able to read and write the database"
                + " and its folder. Default: the application container's user, then the pod's. A pod where"
                + " none is known is refused.")
        @Nullable
        SidecarSecurityContext securityContext,

        @Default("9813")
        @Min(1024)
        @Max(65535)
        @JsonPropertyDescription("The TCP port of the sidecar's status and metrics, 1024 to 65535. Change it"
                + " where the application uses the same. The operator must be able to reach it. Default:"
                + " 9813.")
        Integer port,

        @Default("{}")
        @JsonPropertyDescription("Requests and limits of the sidecar. Its memory does not depend on the size of"
                + " the database; the default fits every database.")
        SidecarResources resources,

        @JsonPropertyDescription("Settings of the Java virtual machine. Not supported by this version: setting it is"
                + " refused. Heap and direct memory are computed from resources.limits.memory.")
        @Nullable
        SidecarJvm jvm) {
    private static final int DEFAULT_PORT = 9813;

    /** Fills in what was left out with the same defaults as the API server does. */
    public Sidecar {
        port = requireNonNullElse(port, DEFAULT_PORT);
        resources = requireNonNullElseGet(resources, SidecarResources::defaults);
    }

    static Sidecar defaults() {
        return new Sidecar(null, null, null, DEFAULT_PORT, SidecarResources.defaults(), null);
    }
}
