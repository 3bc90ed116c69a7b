package io.sqlitereplica.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.certificate.WebhookCertificate;
import io.sqlitereplica.operator.certificate.WebhookCertificate.Settings;
import io.sqlitereplica.operator.inject.Injector;
import io.sqlitereplica.operator.testing.ApiServer;
import io.sqlitereplica.operator.testing.Webhooks;
import io.sqlitereplica.operator.testing.Yaml;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The webhooks behind a real API server, with the chart's configurations and no more rights than the chart grants. */
class AdmissionTest {
    @RegisterExtension
    static final ApiServer API = new ApiServer();

    private static final String CASES = "/io/sqlitereplica/operator/inject/";
    private static final String GOLDEN = CASES + "stateful-set-to-s3/";
    private static final String SECRET = "webhook-certificate";

    private static final String REPLICA_SET = """
        apiVersion: apps/v1
        kind: ReplicaSet
        metadata:
          name: orders-7d4b9c
          ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: orders, uid: "1", controller: true}]
        spec:
          selector: {matchLabels: {app: orders}}
          template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: app, image: app}]}}
        """;

    private KubernetesClient operator;
    private WebhookCertificate certificate;
    private WebhookServer server;

    @BeforeAll
    static void installWhatTheChartDoes() {
        API.applyCrd(Path.of("..", "crds", "sqlitereplicas.sqlitereplica.io-v1.yaml"));
        API.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(SECRET)
                        .endMetadata()
                        .build())
                .create();
        Webhooks.grantTheOperator(API.client(), API.namespace(), SECRET);
    }

    @BeforeEach
    void start() throws IOException {
        operator = API.clientOfServiceAccount(API.namespace(), "operator");
        Webhooks.install(API.client());
        certificate = WebhookCertificate.start(
                operator,
                new Settings(API.namespace(), SECRET, Webhooks.NAME, List.of("127.0.0.1")),
                Clock.systemUTC());
        server = WebhookServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                certificate.sslContext(),
                new Injector("sqlitereplica/sidecar:0.1.0"),
                Replicas.of(operator),
                Rollouts.of(operator));
        Webhooks.pointTo(API.client(), server.port());
        Pod unknown = new PodBuilder(pod("probe"))
                .editMetadata()
                .addToAnnotations("sqlitereplica.io/inject", "nobody")
                .endMetadata()
                .build();
        await("the API server calls the webhook")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .untilAsserted(() -> assertRefused(() -> dryRun(unknown)).hasMessageContaining("ReplicaNotFound"));
    }

    @AfterEach
    void stop() {
        API.client().pods().delete();
        API.client().apps().replicaSets().delete();
        API.client().apps().deployments().delete();
        API.client().resources(SqliteReplica.class).delete();
        Webhooks.uninstall(API.client());
        server.close();
        certificate.close();
        operator.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stateful-set-to-s3", "deployment-to-file", "everything-taken-from-the-pod"})
    void addsTheSidecarAsInTheGoldenFile(String folder) {
        API.client()
                .resource(inNamespace(Yaml.read(getClass(), CASES + folder + "/replica.yaml", SqliteReplica.class)))
                .create();

        Pod injected = API.client()
                .resource(inNamespace(Yaml.read(getClass(), CASES + folder + "/pod.yaml", Pod.class)))
                .create();

        // The API server fills in its defaults; so it does for the golden pod, which is not changed otherwise.
        Pod golden = inNamespace(Yaml.read(getClass(), CASES + folder + "/expected.yaml", Pod.class));
        golden.getMetadata().setName("golden");
        Pod stored = API.client().resource(golden).create();
        assertThat(injected.getSpec()).isEqualTo(stored.getSpec());
        assertThat(injected.getMetadata().getLabels())
                .isEqualTo(stored.getMetadata().getLabels());
        assertThat(stored.getSpec().getInitContainers())
                .filteredOn(container -> container.getName().equals("sqlitereplica"))
                .hasSize(1);
    }

    @Test
    void answersADryRun() {
        API.client().resource(replica()).create();

        Pod injected = dryRun(pod("orders-0"));

        assertThat(injected.getSpec().getInitContainers())
                .singleElement()
                .satisfies(sidecar -> assertThat(sidecar.getName()).isEqualTo("sqlitereplica"));
        assertThat(API.client().pods().list().getItems()).isEmpty();
    }

    @Test
    void refusesAPodThatNamesAMissingReplica() {
        assertRefused(() -> API.client().resource(pod("orders-0")).create())
                .hasMessageContaining("admission webhook \"pods.sqlitereplica.io\" denied the request")
                .hasMessageContaining(
                        "names the SqliteReplica \"orders\", and there is none in the namespace " + API.namespace());
    }

    @ParameterizedTest
    @CsvSource({"RollingUpdate, false", "Recreate, true"})
    void takesThePodsOfADeploymentThatNeverRunsTwo(String strategy, boolean taken) {
        API.client().resource(replica("{pod}/", "")).create();
        API.client()
                .resource(Yaml.parse(deployment(strategy), Deployment.class))
                .create();
        API.client().resource(Yaml.parse(REPLICA_SET, ReplicaSet.class)).create();
        Pod pod = new PodBuilder(pod("orders-7d4b9c-x"))
                .editMetadata()
                .editFirstOwnerReference()
                .withKind("ReplicaSet")
                .withName("orders-7d4b9c")
                .endOwnerReference()
                .endMetadata()
                .build();

        if (taken) {
            assertThat(dryRun(pod).getSpec().getInitContainers()).hasSize(1);
        } else {
            assertRefused(() -> dryRun(pod))
                    .hasMessageContaining("SharedDestination")
                    .hasMessageContaining("the Deployment orders starts a new pod before the old one has ended");
        }
    }

    @Test
    void touchesNoOtherPodWhileTheOperatorIsDown() {
        Pod annotated = pod("annotated");
        Pod optedOut = new PodBuilder(pod("opted-out"))
                .editMetadata()
                .addToAnnotations("sqlitereplica.io/inject", "false")
                .endMetadata()
                .build();
        Pod otherwiseAnnotated = new PodBuilder(pod("otherwise-annotated"))
                .editMetadata()
                .withAnnotations(Map.of("example.com/note", "yes"))
                .endMetadata()
                .build();
        Pod unannotated = new PodBuilder(pod("unannotated"))
                .editMetadata()
                .withAnnotations(null)
                .endMetadata()
                .build();
        API.client().resource(replica()).create();

        server.close();

        assertRefused(() -> API.client().resource(annotated).create())
                .hasMessageContaining("failed calling webhook \"pods.sqlitereplica.io\"");
        for (Pod pod : List.of(optedOut, otherwiseAnnotated, unannotated)) {
            assertThat(API.client().resource(pod).create().getSpec().getInitContainers())
                    .isEmpty();
        }
    }

    @Test
    void refusesAReplicaWhoseCronLineIsWrong() {
        SqliteReplica wrong = replica("spec:", "spec:\n  restart: {schedule: 30 25 * * *}");

        assertRefused(() -> API.client().resource(wrong).create())
                .hasMessageContaining("denied the request: spec.restart.schedule is \"30 25 * * *\"");
    }

    @Test
    void refusesASecondReplicaWithTheSameDestination() {
        API.client().resource(replica("{pod}/", "")).create();
        SqliteReplica second = replica("{pod}/", "");
        second.getMetadata().setName("second");

        assertRefused(() -> API.client().resource(second).create())
                .hasMessageContaining("the SqliteReplica " + API.namespace() + "/orders");
    }

    @Test
    void letsReplicasBeWrittenWhileTheOperatorIsDown() {
        server.close();

        assertThat(API.client().resource(replica()).create()).isNotNull();
    }

    private static String deployment(String strategy) {
        return """
            apiVersion: apps/v1
            kind: Deployment
            metadata: {name: orders}
            spec:
              strategy: {type: %s}
              selector: {matchLabels: {app: orders}}
              template: {metadata: {labels: {app: orders}}, spec: {containers: [{name: app, image: app}]}}
            """.formatted(strategy);
    }

    private static Pod dryRun(Pod pod) {
        return API.client().resource(pod).dryRun().create();
    }

    private static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOf(KubernetesClientException.class);
    }

    private static Pod pod(String name) {
        return new PodBuilder(Yaml.read(AdmissionTest.class, GOLDEN + "pod.yaml", Pod.class))
                .editMetadata()
                .withName(name)
                .withNamespace(API.namespace())
                .endMetadata()
                .build();
    }

    private static <T extends HasMetadata> T inNamespace(T object) {
        object.getMetadata().setNamespace(API.namespace());
        return object;
    }

    private static SqliteReplica replica() {
        return replica("namespace: shop", "namespace: shop");
    }

    private static SqliteReplica replica(String old, String now) {
        String yaml = Yaml.text(AdmissionTest.class, GOLDEN + "replica.yaml");
        assertThat(yaml).contains(old);
        return Yaml.parse(
                yaml.replace(old, now).replace("namespace: shop", "namespace: " + API.namespace()),
                SqliteReplica.class);
    }
}
