package io.sqlitereplica.operator.webhook;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReview;
import io.fabric8.kubernetes.api.model.admission.v1.AdmissionReviewBuilder;
import io.sqlitereplica.operator.webhook.AdmissionHandler.Request;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One HTTP exchange: an AdmissionReview in, an AdmissionReview out. What is no AdmissionReview is answered by 4xx. */
final class ReviewExchange implements HttpHandler {
    /** The API server takes objects up to 3 MiB; an update holds two, and the review some more. */
    static final int MAX_BYTES = 8 * 1024 * 1024;

    private static final Logger LOG = LoggerFactory.getLogger(ReviewExchange.class);
    private static final String API_VERSION = "admission.k8s.io/v1";

    private final ObjectMapper mapper;
    private final AdmissionHandler handler;

    ReviewExchange(ObjectMapper mapper, AdmissionHandler handler) {
        this.mapper = mapper;
        this.handler = handler;
    }

    /** Why a request is not answered by a review. */
    private static final class BadRequestException extends Exception {
        private static final long serialVersionUID = 1;
        private final int status;
        private final String text;

        BadRequestException(int status, String text) {
            super(text);
            this.status = status;
            this.text = text;
        }
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            try {
                AdmissionReview answer = answer(exchange);
                send(exchange, 200, "application/json", mapper.writeValueAsBytes(answer));
            } catch (BadRequestException e) {
                sendText(exchange, e.status, e.text);
            } catch (RuntimeException e) {
                LOG.error(
                        "event=admission-failed path={}",
                        exchange.getRequestURI().getPath(),
                        e);
                sendText(exchange, 500, "The operator failed; its log has the cause.");
            }
        }
    }

    private AdmissionReview answer(HttpExchange exchange) throws IOException, BadRequestException {
        if (!exchange.getRequestMethod().equals("POST")) {
            throw new BadRequestException(405, "Send an AdmissionReview by POST.");
        }
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.startsWith("application/json")) {
            throw new BadRequestException(415, "The Content-Type must be application/json.");
        }
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BYTES + 1);
        if (body.length > MAX_BYTES) {
            throw new BadRequestException(413, "An AdmissionReview has at most %d bytes.".formatted(MAX_BYTES));
        }
        try {
            JsonNode review = mapper.readTree(body);
            if (!review.path("apiVersion").asText().equals(API_VERSION)
                    || !review.path("kind").asText().equals("AdmissionReview")) {
                throw new BadRequestException(400, "This is no AdmissionReview of " + API_VERSION + ".");
            }
            JsonNode request = review.path("request");
            String uid = request.path("uid").asText();
            if (uid.isEmpty() || !request.path("object").isObject()) {
                throw new BadRequestException(400, "The AdmissionReview needs request.uid and request.object.");
            }
            Admission admission = handler.handle(new Request(
                    request.path("operation").asText(),
                    request.path("namespace").asText(),
                    request.path("dryRun").asBoolean(),
                    request.path("object")));
            return new AdmissionReviewBuilder()
                    .withApiVersion(API_VERSION)
                    .withResponse(admission.toResponse(uid))
                    .build();
        } catch (JsonProcessingException e) {
            throw new BadRequestException(400, "The JSON cannot be read: " + e.getOriginalMessage());
        }
    }

    private static void sendText(HttpExchange exchange, int status, String text) throws IOException {
        send(exchange, status, "text/plain; charset=utf-8", (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }
}
