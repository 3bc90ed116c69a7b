package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** A scheduled check of the whole replica. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Verification(
        @Size(max = 128) @JsonPropertyDescription("A cron line of five fields in timeZone.") @Nullable
        String schedule,

        @Size(max = 64) @JsonPropertyDescription("The time zone of schedule by its IANA name.") @Nullable
        String timeZone) {}
