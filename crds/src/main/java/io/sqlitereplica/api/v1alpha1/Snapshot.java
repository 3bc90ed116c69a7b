package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/** When full copies of the database are written, and how long they stay; exactly one of schedule and interval is set. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "has(self.schedule) != has(self.interval)",
        message = "spec.snapshot must have exactly one of schedule (like '0 3 * * *') and interval (like 24h)")
@ValidationRule(
        value = "!has(self.maxWalBytes) || (isQuantity(string(self.maxWalBytes))"
                + " && quantity(string(self.maxWalBytes)).compareTo(quantity('64Mi')) >= 0)",
        message = "spec.snapshot.maxWalBytes must be an amount of at least 64Mi, like 2Gi")
public record Snapshot(
        @Size(max = 128)
        @ValidationRule(
                value = "self.matches('^[^ ]+( +[^ ]+){4}$')",
                message = "must be a cron line of five fields (minute, hour, day of month, month, day of week),"
                        + " like '0 3 * * *'")
        @JsonPropertyDescription("A cron line of five fields (minute, hour, day of month, month, day of week)"
                + " in timeZone: '0 3 * * *' is each night at 03:00. Exclusive with interval.")
        @Nullable
        String schedule,

        @Default("UTC")
        @Size(min = 1, max = 64)
        @JsonPropertyDescription(
                "The time zone of schedule by its IANA name, for example Europe/Berlin." + " Default: UTC.")
        String timeZone,

        @Size(max = 32)
        @Pattern("^[0-9]+(s|m|h)$")
        @ValidationRule(
                value = "!self.matches('^[0-9]+(s|m|h)$') || duration(self) >= duration('1m')",
                message = "must be at least 1m, like 24h")
        @JsonPropertyDescription(
                "The time between two snapshots, for example 24h. Unit: s, m or h. Exclusive" + " with schedule.")
        @Nullable
        String interval,

        @Default("168h")
        @Size(max = 32)
        @Pattern("^([0-9]+(s|m|h)|Never)$")
        @ValidationRule(
                value = "!self.matches('^[0-9]+(s|m|h)$') || duration(self) >= duration('1h')",
                message = "must be at least 1h, like 168h, or Never")
        @JsonPropertyDescription(
                "How far back the database can be restored. What only older points need is deleted from the"
                    + " destination, but never the newest snapshot; syncs that were merged into larger files are"
                    + " deleted after 5 minutes. Never: nothing is deleted, as for a bucket with object lock. Unit: s,"
                    + " m or h. Default: 168h.")
        String retention,

        @JsonPropertyDescription(
                "How far the database's WAL may grow on the pod's volume while a snapshot is written, because the"
                    + " snapshot keeps SQLite from starting it over. Beyond it the snapshot is given up until its next"
                    + " time; syncs go on. Default: a quarter of the database, at least 1Gi.")
        @Nullable
        Quantity maxWalBytes) {

    /** Fills in what was left out with the same defaults as the API server does. */
    public Snapshot {
        timeZone = requireNonNullElse(timeZone, "UTC");
        retention = requireNonNullElse(retention, "168h");
    }

    static Snapshot defaults() {
        return new Snapshot("0 3 * * *", "UTC", null, "168h", null);
    }
}
