package io.sqlitereplica.operator.webhook;

import io.fabric8.kubernetes.api.model.StatusBuilder;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponse;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionResponseBuilder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** What a webhook answers. */
sealed interface Admission {
    /** The object is taken as it is. */
    record Allow(List<String> warnings) implements Admission {
        /** Copies the list. */
        public Allow {
            warnings = List.copyOf(warnings);
        }
    }

    /** The object is taken with changes: the operations of a JSON patch. */
    record Patch(String operations, List<String> warnings) implements Admission {
        /** Copies the list. */
        public Patch {
            warnings = List.copyOf(warnings);
        }
    }

    /** The object is refused; the message is all that its author gets to see. */
    record Deny(int code, String message) implements Admission {}

    /** As Kubernetes wants it, for the request with this id. */
    default AdmissionResponse toResponse(String uid) {
        AdmissionResponseBuilder response = new AdmissionResponseBuilder().withUid(uid);
        return switch (this) {
            case Allow(var warnings) ->
                response.withAllowed(true).withWarnings(warnings).build();
            case Patch(var operations, var warnings) ->
                response.withAllowed(true)
                        .withPatchType("JSONPatch")
                        .withPatch(Base64.getEncoder().encodeToString(operations.getBytes(StandardCharsets.UTF_8)))
                        .withWarnings(warnings)
                        .build();
            case Deny(var code, var message) ->
                response.withAllowed(false)
                        .withStatus(new StatusBuilder()
                                .withCode(code)
                                .withMessage(message)
                                .build())
                        .build();
        };
    }
}
