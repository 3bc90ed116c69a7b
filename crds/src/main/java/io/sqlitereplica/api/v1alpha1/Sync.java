package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;

/** How often changes are shipped and how much may wait. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.maxStagedBytes) || (isQuantity(string(self.maxStagedBytes))"
                + " && quantity(string(self.maxStagedBytes)).compareTo(quantity('16Mi')) >= 0)",
        message = "maxStagedBytes must be an amount of at least 16Mi, like 256Mi")
public record Sync(
        @Default(DEFAULT_INTERVAL)
        @Size(max = 32)
        @Pattern("^[0-9]+(ms|s|m|h)$")
        @ValidationRule(
                value = "!self.matches('^[0-9]+(ms|s|m|h)$')"
                        + " || (duration(self) >= duration('100ms') && duration(self) <= duration('1h'))",
                message = "must be between 100ms and 1h, like 500ms")
        @JsonPropertyDescription("The least time between two uploads of a busy database. The first commit after"
                + " a pause is shipped at once. What was committed since the last upload is lost if the node"
                + " and its disk are: shorter loses less, and makes more requests (500ms: up to 172,800 a"
                + " day while the application writes without pause). Unit: ms, s, m or h. Default: 500ms.")
        String interval,

        @Default(DEFAULT_MAX_STAGED_BYTES)
        @JsonPropertyDescription("How many bytes of changes may wait beside the database while the destination"
                + " cannot be reached, never more than a tenth of the volume. Beyond it the changes are found"
                + " again by comparing the database with its page checksums: nothing is lost, but the points"
                + " in time between are. Default: 256Mi.")
        Quantity maxStagedBytes) {
    private static final String DEFAULT_INTERVAL = "500ms";
    private static final String DEFAULT_MAX_STAGED_BYTES = "256Mi";

    /** Fills in what was left out with the same defaults as the API server does. */
    public Sync {
        interval = requireNonNullElse(interval, DEFAULT_INTERVAL);
        maxStagedBytes = requireNonNullElse(maxStagedBytes, new Quantity(DEFAULT_MAX_STAGED_BYTES));
    }

    static Sync defaults() {
        return new Sync(DEFAULT_INTERVAL, new Quantity(DEFAULT_MAX_STAGED_BYTES));
    }
}
