package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** When the operator restarts the sidecar's Java process. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "!has(self.onMemory)",
        message = "spec.restart.onMemory is not supported by this version: use spec.restart.schedule; remove"
                + " spec.restart.onMemory")
public record Restart(
        @Size(max = 128)
        @ValidationRule(
                value = "self.matches('^[^ ]+( +[^ ]+){4}$')",
                message = "must be a cron line of five fields (minute, hour, day of month, month, day of week),"
                        + " like '30 4 * * 0'")
        @JsonPropertyDescription("A cron line of five fields (minute, hour, day of month, month, day of week)"
                + " in timeZone: '30 4 * * 0' is each Sunday at 04:30. A time that the clocks skip in spring"
                + " comes as much later as they jump; one that they repeat in autumn comes once. Default: no scheduled"
                + " restarts.")
        @Nullable
        String schedule,

        @Default("UTC")
        @Size(min = 1, max = 64)
        @JsonPropertyDescription(
                "The time zone of schedule by its IANA name, for example Europe/Berlin." + " Default: UTC.")
        String timeZone,

        @Default(DEFAULT_STARTING_DEADLINE)
        @Size(max = 32)
        @Pattern("^[0-9]+(s|m|h)$")
        @ValidationRule(
                value = "!self.matches('^[0-9]+(s|m|h)$') || duration(self) >= duration('1m')",
                message = "must be at least 1m, like 1h")
        @JsonPropertyDescription("How late a restart may still happen when it was missed or held back, because"
                + " the operator was away, the destination could not be reached or another pod was behind."
                + " After that it is skipped until the next time of the schedule. Unit: s, m or h. Default:"
                + " 1h.")
        String startingDeadline,

        @JsonPropertyDescription(
                "Restarts by the verdict on the memory. Not supported by this version: setting it is" + " refused.")
        @Nullable
        RestartOnMemory onMemory) {
    private static final String DEFAULT_STARTING_DEADLINE = "1h";

    /** Fills in what was left out with the same defaults as the API server does. */
    public Restart {
        timeZone = requireNonNullElse(timeZone, "UTC");
        startingDeadline = requireNonNullElse(startingDeadline, DEFAULT_STARTING_DEADLINE);
    }

    static Restart defaults() {
        return new Restart(null, "UTC", DEFAULT_STARTING_DEADLINE, null);
    }
}
