package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** A scheduled check of the whole replica. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Verification(
        @Required
        @Size(max = 128)
        @ValidationRule(
                value = "self.matches('^[^ ]+( +[^ ]+){4}$')",
                message = "must be a cron line of five fields (minute, hour, day of month, month, day of week),"
                        + " like '0 5 * * 0'")
        @JsonPropertyDescription(
                "A cron line of five fields (minute, hour, day of month, month, day of week) in timeZone:"
                        + " '0 5 * * 0' is Sundays at 05:00.")
        String schedule,

        @Default("UTC")
        @Size(min = 1, max = 64)
        @JsonPropertyDescription("The time zone of schedule by its IANA name, for example Europe/Berlin. Default: UTC.")
        String timeZone) {
    /** Fills in what was left out with the same defaults as the API server does. */
    public Verification {
        timeZone = requireNonNullElse(timeZone, "UTC");
    }
}
