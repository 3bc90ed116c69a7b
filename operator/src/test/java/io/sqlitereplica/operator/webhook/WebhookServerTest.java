package io.sqlitereplica.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.zjsonpatch.JsonPatch;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Injector;
import io.sqlitereplica.operator.inject.Rollout;
import io.sqlitereplica.operator.testing.LocalTls;
import io.sqlitereplica.operator.testing.Yaml;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WebhookServerTest {
    private static final String GOLDEN = "/io/sqlitereplica/operator/inject/stateful-set-to-s3/";

    private final ObjectMapper mapper = Json.newMapper();
    private final LocalTls tls = LocalTls.create();
    private final List<SqliteReplica> stored = new ArrayList<>();
    private WebhookServer server;
    private HttpClient client;

    @BeforeEach
    void start() throws Exception {
        server = WebhookServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls.server(),
                new Injector("sqlitereplica/sidecar:0.1.0"),
                new StoredReplicas(stored),
                (_, _) -> Optional.of(new Rollout("Deployment orders", 1, false)));
        client = HttpClient.newBuilder().sslContext(tls.client()).build();
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @Test
    void patchesAPodAsTheGoldenFileSays() throws Exception {
        stored.add(replica());
        JsonNode pod = mapper.valueToTree(Yaml.read(getClass(), GOLDEN + "pod.yaml", Pod.class));

        JsonNode response = review("/mutate-pods", "CREATE", pod).path("response");

        assertThat(response.path("uid").asText()).isEqualTo("uid-1");
        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.path("patchType").asText()).isEqualTo("JSONPatch");
        JsonNode patch = mapper.readTree(
                Base64.getDecoder().decode(response.path("patch").asText()));
        assertThat(patch)
                .as("operations")
                .allSatisfy(
                        operation -> assertThat(operation.path("op").asText()).isEqualTo("add"));
        assertThat(mapper.treeToValue(JsonPatch.apply(patch, pod), Pod.class))
                .isEqualTo(Yaml.read(getClass(), GOLDEN + "expected.yaml", Pod.class));
    }

    @Test
    void refusesAPodWhoseReplicaIsNotThere() throws Exception {
        JsonNode pod = mapper.valueToTree(Yaml.read(getClass(), GOLDEN + "pod.yaml", Pod.class));

        JsonNode response = review("/mutate-pods", "CREATE", pod).path("response");

        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("code").asInt()).isEqualTo(403);
        assertThat(response.path("status").path("message").asText())
                .startsWith("SqliteReplica (ReplicaNotFound): ")
                .contains("\"orders\"");
    }

    @Test
    void leavesAPodAloneThatDoesNotAskOrIsNotNew() throws Exception {
        stored.add(replica());
        JsonNode silent = mapper.readTree("{\"metadata\": {}, \"spec\": {\"containers\": []}}");
        JsonNode asking = mapper.valueToTree(Yaml.read(getClass(), GOLDEN + "pod.yaml", Pod.class));

        for (JsonNode response :
                List.of(review("/mutate-pods", "CREATE", silent), review("/mutate-pods", "UPDATE", asking))) {
            assertThat(response.path("response").path("allowed").asBoolean()).isTrue();
            assertThat(response.path("response").has("patch")).isFalse();
        }
    }

    @Test
    void warnsAboutAShortGracePeriod() throws Exception {
        stored.add(replica());
        Pod pod = Yaml.read(getClass(), GOLDEN + "pod.yaml", Pod.class);
        pod.getSpec().setTerminationGracePeriodSeconds(5L);

        JsonNode response =
                review("/mutate-pods", "CREATE", mapper.valueToTree(pod)).path("response");

        assertThat(response.path("warnings").path(0).asText()).startsWith("SqliteReplica (ShortGracePeriod): ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "restart: {schedule: 30 25 * * *}     | spec.restart.schedule is \"30 25 * * *\"",
                "restart: {timeZone: Berlin}          | spec.restart.timeZone is \"Berlin\"",
                "snapshot: {schedule: 0 3 31 2 *}     | it would never run"
            })
    void refusesAReplicaThatCannotBeCarriedOut(String field, String words) throws Exception {
        JsonNode replica = mapper.valueToTree(replica("name: orders\n", "name: orders\n", "  " + field + "\n"));

        JsonNode response =
                review("/validate-sqlitereplicas", "CREATE", replica).path("response");

        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("code").asInt()).isEqualTo(422);
        assertThat(response.path("status").path("message").asText()).contains(words);
    }

    @Test
    void letsAWrongReplicaGo() throws Exception {
        SqliteReplica replica = replica("name: orders\n", "name: orders\n", "  restart: {schedule: wrong}\n");
        replica.getMetadata().setDeletionTimestamp("2026-11-23T00:00:00Z");

        JsonNode response = review("/validate-sqlitereplicas", "UPDATE", mapper.valueToTree(replica));

        assertThat(response.path("response").path("allowed").asBoolean()).isTrue();
    }

    @Test
    void refusesASecondReplicaWithTheSameDestination() throws Exception {
        stored.add(replica("{pod}/", "", ""));
        JsonNode same = mapper.valueToTree(replica("{pod}/", "", ""));
        SqliteReplica copy = replica("{pod}/", "", "");
        copy.getMetadata().setName("copy");
        SqliteReplica elsewhere = replica("shop/{pod}", "elsewhere", "");
        elsewhere.getMetadata().setName("elsewhere");

        JsonNode response = review("/validate-sqlitereplicas", "CREATE", mapper.valueToTree(copy))
                .path("response");

        assertThat(response.path("allowed").asBoolean()).isFalse();
        assertThat(response.path("status").path("message").asText())
                .contains("the SqliteReplica shop/orders")
                .contains("shop/copy/{pod}/{database}");
        assertThat(isAllowed(same)).as("an update of the same one").isTrue();
        assertThat(isAllowed(mapper.valueToTree(elsewhere)))
                .as("another folder")
                .isTrue();
    }

    @Test
    void warnsWhenPodsOfTwoNamespacesMayHaveTheSameFolder() throws Exception {
        SqliteReplica other = replica();
        other.getMetadata().setNamespace("test");
        stored.add(other);

        JsonNode response = review("/validate-sqlitereplicas", "CREATE", mapper.valueToTree(replica()))
                .path("response");

        assertThat(response.path("allowed").asBoolean()).isTrue();
        assertThat(response.path("warnings").path(0).asText()).contains("test/orders");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "[]",
                "{\"apiVersion\": \"admission.k8s.io/v1beta1\", \"kind\": \"AdmissionReview\"}",
                "{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\"}",
                "{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": \"\","
                        + " \"object\": {}}}",
                "{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\":"
                        + " \"1\"}}",
                "{\"apiVersion\": \"admission.k8s.io/v1\", \"kind\": \"AdmissionReview\", \"request\": {\"uid\": \"1\","
                        + " \"operation\": \"CREATE\", \"object\": {\"spec\": \"wrong\"}}}"
            })
    void answersWhatIsNoReviewBy400(String body) throws Exception {
        for (String path : List.of("/mutate-pods", "/validate-sqlitereplicas")) {
            assertThat(post(path, body, "application/json").statusCode()).isEqualTo(400);
        }
    }

    @Test
    void refusesOtherMethodsTypesAndSizes() throws Exception {
        HttpRequest get = HttpRequest.newBuilder(uri("/mutate-pods")).build();

        assertThat(client.send(get, BodyHandlers.ofString()).statusCode()).isEqualTo(405);
        assertThat(post("/mutate-pods", "{}", "text/plain").statusCode()).isEqualTo(415);
        assertThat(post("/mutate-pods", " ".repeat(ReviewExchange.MAX_BYTES + 1), "application/json")
                        .statusCode())
                .isEqualTo(413);
    }

    @Test
    void saysThatItIsUp() throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri("/healthz")).build();

        assertThat(client.send(request, BodyHandlers.ofString()).body()).isEqualTo("ok\n");
    }

    @ParameterizedTest
    @CsvSource({"TLSv1.3, true", "TLSv1.2, true", "TLSv1.1, false"})
    void speaksCurrentTlsOnly(String protocol, boolean accepted) throws Exception {
        SSLContext context = tls.client();
        try (SSLSocket socket =
                (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setEnabledProtocols(new String[] {protocol});
            if (accepted) {
                socket.startHandshake();
                assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
            } else {
                Assertions.assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLHandshakeException.class);
            }
        }
    }

    private boolean isAllowed(JsonNode replica) throws Exception {
        return review("/validate-sqlitereplicas", "UPDATE", replica)
                .path("response")
                .path("allowed")
                .asBoolean();
    }

    private JsonNode review(String path, String operation, JsonNode object) throws Exception {
        var review = mapper.createObjectNode()
                .put("apiVersion", "admission.k8s.io/v1")
                .put("kind", "AdmissionReview");
        review.putObject("request")
                .put("uid", "uid-1")
                .put("operation", operation)
                .put("namespace", "shop")
                .put("dryRun", true)
                .set("object", object);
        HttpResponse<String> response = post(path, mapper.writeValueAsString(review), "application/json");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode answer = mapper.readTree(response.body());
        assertThat(answer.path("kind").asText()).isEqualTo("AdmissionReview");
        assertThat(answer.path("apiVersion").asText()).isEqualTo("admission.k8s.io/v1");
        return answer;
    }

    private HttpResponse<String> post(String path, String body, String type) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(uri(path))
                .header("Content-Type", type)
                .POST(BodyPublishers.ofString(body))
                .build();
        return client.send(request, BodyHandlers.ofString());
    }

    private URI uri(String path) {
        return URI.create("https://127.0.0.1:" + server.port() + path);
    }

    private SqliteReplica replica() {
        return replica("orders", "orders", "");
    }

    private SqliteReplica replica(String old, String now, String more) {
        String yaml = Yaml.text(getClass(), GOLDEN + "replica.yaml");
        assertThat(yaml).contains(old);
        return Yaml.parse(yaml.replace(old, now) + more, SqliteReplica.class);
    }

    /** A list in place of the API server. */
    private record StoredReplicas(List<SqliteReplica> list) implements Replicas {
        @Override
        public Optional<SqliteReplica> find(String namespace, String name) {
            return list.stream()
                    .filter(replica -> replica.getMetadata().getNamespace().equals(namespace))
                    .filter(replica -> replica.getMetadata().getName().equals(name))
                    .findFirst();
        }
    }
}
