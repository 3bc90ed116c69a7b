package io.sqlitereplica.api.v1alpha1;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import org.jspecify.annotations.Nullable;

/** A restart of a sidecar that the operator asked for. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RestartRecord(
        @Required @JsonPropertyDescription("The name of the pod.")
        String pod,

        @Required
        @JsonPropertyDescription("Why: Scheduled (spec.restart.schedule), Memory (the verdict),"
                + " SettingsChanged, Requested (by a person).")
        RestartReason reason,

        @Required @JsonPropertyDescription("When the operator asked for it.")
        String time,

        @JsonPropertyDescription("The anonymous memory of the sidecar before, in bytes.") @Nullable
        Long anonBytesBefore,

        @JsonPropertyDescription("The anonymous memory of the sidecar after it came back, in bytes. Missing while the"
                + " sidecar has not come back.")
        @Nullable
        Long anonBytesAfter) {}
