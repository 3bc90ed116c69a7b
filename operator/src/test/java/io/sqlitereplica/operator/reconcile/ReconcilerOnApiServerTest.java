package io.sqlitereplica.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.javaoperatorsdk.operator.Operator;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.poll.SidecarPoller;
import io.sqlitereplica.operator.testing.ApiServer;
import io.sqlitereplica.operator.testing.FakeSidecar;
import io.sqlitereplica.operator.testing.Pods;
import io.sqlitereplica.operator.testing.Replicas;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The whole reconciler on a real API server, with a sidecar on the loopback address. */
class ReconcilerOnApiServerTest {
    private static final Duration POLL_INTERVAL = Duration.ofMillis(300);

    @RegisterExtension
    static final ApiServer API = new ApiServer();

    private final FakeSidecar sidecar = new FakeSidecar();
    private final SidecarPoller poller = new SidecarPoller();
    private final Operator operator = new Operator(overrider -> overrider.withKubernetesClient(
            new KubernetesClientBuilder().withConfig(API.config()).build()));

    ReconcilerOnApiServerTest() throws IOException {}

    @BeforeAll
    static void applyDefinition() {
        API.applyCrd(Path.of("../crds/sqlitereplicas.sqlitereplica.io-v1.yaml"));
    }

    @BeforeEach
    void startOperator() {
        operator.register(
                new SqliteReplicaReconciler(operator.getKubernetesClient(), poller, POLL_INTERVAL, Clock.systemUTC()),
                configuration -> configuration.settingNamespace(API.namespace()));
        operator.start();
    }

    @AfterEach
    void stopOperator() {
        operator.stop();
        poller.close();
        sidecar.close();
        API.client().resources(SqliteReplica.class).inNamespace(API.namespace()).delete();
        API.client()
                .configMaps()
                .inNamespace(API.namespace())
                .withName("orders-sidecar")
                .delete();
        API.client().pods().inNamespace(API.namespace()).withGracePeriod(0).delete();
        API.client().v1().events().inNamespace(API.namespace()).delete();
    }

    @Test
    void printsTheColumnsThatAPersonLooksAt() throws Exception {
        createReplica("");
        createPod("orders-0");

        eventually(() -> assertThat(status().ready()).isEqualTo("True"));

        JsonNode table = table();
        assertThat(columns(table, 0))
                .containsExactly(
                        "Name", "Ready", "Pods", "Lag", "Memory", "Verdict", "Restarts", "Next-Restart", "Age");
        assertThat(columns(table, 1)).containsExactly("Destination", "Last-Snapshot", "OOM-Kills", "Heap", "Cache");
        List<String> cells = StreamSupport.stream(table.at("/rows/0/cells").spliterator(), false)
                .map(JsonNode::asText)
                .toList();
        assertThat(cells).startsWith("orders", "True", "1/1", "0s", "61Mi/128Mi", "Healthy", "0", "-");
        assertThat(cells).contains("s3://backups/shop/{pod}/{database}", "11Mi/24Mi", "9Mi");
    }

    @Test
    void ownsItsStatusByServerSideApplyAndTakesFieldsBack() {
        createReplica("");
        createPod("orders-0");
        sidecar.saysInstead("\"error\": null", "\"error\": \"no space left on the volume of /data/orders.db\"");
        eventually(() -> {
            assertThat(status().ready()).isEqualTo("False");
            assertThat(status().pods())
                    .first()
                    .satisfies(pod -> assertThat(pod.message()).contains("no space left"));
        });

        sidecar.says(FakeSidecar.replicating());

        eventually(() -> {
            assertThat(status().ready()).isEqualTo("True");
            assertThat(status().pods().getFirst().message()).isNull();
            assertThat(status().pods().getFirst().databases().getFirst().error())
                    .isNull();
        });
        assertThat(replica().getMetadata().getManagedFields()).anySatisfy(fields -> {
            assertThat(fields.getManager()).isEqualTo("sqlitereplica-operator");
            assertThat(fields.getOperation()).isEqualTo("Apply");
            assertThat(fields.getSubresource()).isEqualTo("status");
        });
        assertThat(events()).extracting(Event::getMessage).anyMatch(message -> message.contains("no space left"));
    }

    @Test
    void writesTheStatusOnlyWhenItDiffers() {
        createReplica("");
        createPod("orders-0");
        eventually(() -> assertThat(status().ready()).isEqualTo("True"));
        String version = replica().getMetadata().getResourceVersion();
        int polls = sidecar.polls();

        eventually(() -> assertThat(sidecar.polls()).isGreaterThan(polls + 5));

        assertThat(replica().getMetadata().getResourceVersion()).isEqualTo(version);
    }

    @Test
    void showsAWrongCronLine() {
        createReplica("  restart: {schedule: '61 4 * * 0'}\n");

        eventually(() -> {
            assertThat(status().conditions()).first().satisfies(ready -> {
                assertThat(ready.getReason()).isEqualTo("InvalidSpec");
                assertThat(ready.getMessage()).contains("spec.restart.schedule", "61 4 * * 0");
            });
            assertThat(events()).extracting(Event::getReason).contains("InvalidSpec");
        });
    }

    @Test
    void followsTheSpecWithTheConfigMap() {
        createReplica("");
        eventually(() -> assertThat(configMap().getData()).containsOnlyKeys("sidecar.yaml", "jvm-128.options"));

        API.client()
                .resources(SqliteReplica.class)
                .inNamespace(API.namespace())
                .withName("orders")
                .patch(PatchContext.of(PatchType.JSON_MERGE), """
                    {"spec": {"sidecar": {"resources": {"limits": {"memory": "256Mi"}}}}}
                    """);

        eventually(() -> assertThat(configMap().getData()).containsOnlyKeys("sidecar.yaml", "jvm-256.options"));
        API.client().resource(configMap()).delete();
        eventually(() -> assertThat(configMap().getData()).containsKey("jvm-256.options"));
    }

    @Test
    void restartsASidecarOnScheduleAndRecordsIt() {
        createReplica("  restart: {schedule: '* * * * *'}\n");
        createPod("orders-0");
        eventually(() -> assertThat(restartAnnotation("orders-0")).isNotEmpty());

        sidecar.saysInstead(
                "\"startedAt\": \"2026-11-20T08:00:00Z\"",
                "\"startedAt\": \"" + Clock.systemUTC().instant() + "\"");

        eventually(() -> {
            assertThat(status().restartCount()).isPositive();
            assertThat(status().restarts()).last().satisfies(restart -> {
                assertThat(restart.pod()).isEqualTo("orders-0");
                assertThat(restart.anonBytesAfter()).isEqualTo(63963136);
            });
            assertThat(events()).extracting(Event::getReason).contains("SidecarRestart");
        });
        assertThat(pod("orders-0").getMetadata().getDeletionTimestamp()).isNull();
    }

    private static void eventually(ThrowingRunnable assertion) {
        await().atMost(30, TimeUnit.SECONDS)
                .pollInterval(Duration.ofMillis(100))
                .untilAsserted(assertion);
    }

    private void createReplica(String more) {
        SqliteReplica replica = Replicas.orders(API.namespace(), more);
        replica.getMetadata().setUid(null);
        replica.getMetadata().setGeneration(null);
        API.client().resource(replica).create();
    }

    private void createPod(String name) {
        Pod created = API.client()
                .resource(Pods.injected(API.namespace(), name, "orders", sidecar.port()))
                .create();
        API.client()
                .resource(new PodBuilder(created).withStatus(Pods.running()).build())
                .updateStatus();
    }

    private static SqliteReplica replica() {
        return API.client()
                .resources(SqliteReplica.class)
                .inNamespace(API.namespace())
                .withName("orders")
                .get();
    }

    private static SqliteReplicaStatus status() {
        return Objects.requireNonNullElseGet(replica().getStatus(), SqliteReplicaStatus::none);
    }

    private static ConfigMap configMap() {
        return Objects.requireNonNullElseGet(
                API.client()
                        .configMaps()
                        .inNamespace(API.namespace())
                        .withName("orders-sidecar")
                        .get(),
                ConfigMap::new);
    }

    private static Pod pod(String name) {
        return API.client().pods().inNamespace(API.namespace()).withName(name).get();
    }

    private static String restartAnnotation(String pod) {
        return Objects.requireNonNullElse(
                pod(pod).getMetadata().getAnnotations().get(Annotations.RESTART), "");
    }

    private static List<Event> events() {
        return API.client().v1().events().inNamespace(API.namespace()).list().getItems();
    }

    /** What {@code kubectl get} asks for. */
    private static JsonNode table() throws Exception {
        HttpRequest request = API.client()
                .getHttpClient()
                .newHttpRequestBuilder()
                .uri(API.config().getMasterUrl() + "apis/sqlitereplica.io/v1alpha1/namespaces/" + API.namespace()
                        + "/sqlitereplicas")
                .header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
                .build();
        String body = API.client()
                .getHttpClient()
                .sendAsync(request, String.class)
                .get(10, TimeUnit.SECONDS)
                .body();
        return new ObjectMapper().readTree(body);
    }

    private static List<String> columns(JsonNode table, int priority) {
        return StreamSupport.stream(table.get("columnDefinitions").spliterator(), false)
                .filter(column -> column.get("priority").asInt() == priority)
                .map(column -> column.get("name").asText())
                .toList();
    }
}
