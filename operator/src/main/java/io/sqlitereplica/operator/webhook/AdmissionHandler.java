package io.sqlitereplica.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;

/** Answers the admission requests of one path. */
interface AdmissionHandler {
    /** Whether the request is an object to admit, and how. Must not change anything: the request may be a dry run. */
    Admission handle(Request request) throws JsonProcessingException;

    /**
     * An admission request.
     *
     * @param namespace the namespace of the object, which the object itself need not name yet
     * @param object the object, as it would be stored
     */
    record Request(String operation, String namespace, boolean dryRun, JsonNode object) {}
}
