package io.sqlitereplica.operator.webhook;

import static io.sqlitereplica.operator.webhook.InstalledWebhooks.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.testing.ApiServer;
import io.sqlitereplica.operator.testing.Yaml;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods on their way through a real API server. */
class PodAdmissionTest {
    @RegisterExtension
    static final ApiServer API = new ApiServer();

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

    private InstalledWebhooks webhooks;

    @BeforeAll
    static void prepare() {
        InstalledWebhooks.prepare(API);
    }

    @BeforeEach
    void start() throws IOException {
        webhooks = InstalledWebhooks.start(API);
    }

    @AfterEach
    void stop() {
        API.client().pods().delete();
        API.client().apps().replicaSets().delete();
        API.client().apps().deployments().delete();
        enforcePodSecurity("privileged");
        webhooks.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"stateful-set-to-s3", "deployment-to-file", "everything-taken-from-the-pod"})
    void addsTheSidecarAsInTheGoldenFile(String folder) {
        API.client()
                .resource(inNamespace(
                        Yaml.read(getClass(), InstalledWebhooks.CASES + folder + "/replica.yaml", SqliteReplica.class)))
                .create();

        Pod injected = API.client()
                .resource(inNamespace(Yaml.read(getClass(), InstalledWebhooks.CASES + folder + "/pod.yaml", Pod.class)))
                .create();

        // The API server fills in its defaults; so it does for the golden pod, which is not changed otherwise.
        Pod golden = inNamespace(Yaml.read(getClass(), InstalledWebhooks.CASES + folder + "/expected.yaml", Pod.class));
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
        API.client().resource(webhooks.replica()).create();

        Pod injected = webhooks.dryRun(webhooks.pod("orders-0"));

        assertThat(injected.getSpec().getInitContainers())
                .singleElement()
                .satisfies(sidecar -> assertThat(sidecar.getName()).isEqualTo("sqlitereplica"));
        assertThat(API.client().pods().list().getItems()).isEmpty();
    }

    @Test
    void refusesAPodThatNamesAMissingReplica() {
        assertRefused(() -> API.client().resource(webhooks.pod("orders-0")).create())
                .hasMessageContaining("admission webhook \"inject.sqlitereplica.io\" denied the request")
                .hasMessageContaining(
                        "names the SqliteReplica \"orders\", and there is none in the namespace " + API.namespace());
    }

    @ParameterizedTest
    @CsvSource({"RollingUpdate, false", "Recreate, true"})
    void takesThePodsOfADeploymentThatNeverRunsTwo(String strategy, boolean taken) {
        API.client().resource(webhooks.replica("{pod}/", "")).create();
        API.client()
                .resource(Yaml.parse(deployment(strategy), Deployment.class))
                .create();
        API.client().resource(Yaml.parse(REPLICA_SET, ReplicaSet.class)).create();
        Pod pod = new PodBuilder(webhooks.pod("orders-7d4b9c-x"))
                .editMetadata()
                .editFirstOwnerReference()
                .withKind("ReplicaSet")
                .withName("orders-7d4b9c")
                .endOwnerReference()
                .endMetadata()
                .build();

        if (taken) {
            assertThat(webhooks.dryRun(pod).getSpec().getInitContainers()).hasSize(1);
        } else {
            assertRefused(() -> webhooks.dryRun(pod))
                    .hasMessageContaining("SharedDestination")
                    .hasMessageContaining("the Deployment orders starts a new pod before the old one has ended");
        }
    }

    @Test
    void addsASidecarThatTheStrictestPodSecurityStandardTakes() {
        API.client().resource(webhooks.replica()).create();
        enforcePodSecurity("restricted");
        Pod restricted = new PodBuilder(webhooks.pod("orders-0"))
                .editSpec()
                .editSecurityContext()
                .withRunAsNonRoot(true)
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .editFirstContainer()
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();

        assertThat(webhooks.dryRun(restricted).getSpec().getInitContainers()).hasSize(1);
    }

    @Test
    void touchesNoOtherPodWhileTheOperatorIsDown() {
        Pod annotated = webhooks.pod("annotated");
        Pod optedOut = new PodBuilder(webhooks.pod("opted-out"))
                .editMetadata()
                .addToAnnotations("sqlitereplica.io/inject", "false")
                .endMetadata()
                .build();
        Pod otherwiseAnnotated = new PodBuilder(webhooks.pod("otherwise-annotated"))
                .editMetadata()
                .withAnnotations(Map.of("example.com/note", "yes"))
                .endMetadata()
                .build();
        Pod unannotated = new PodBuilder(webhooks.pod("unannotated"))
                .editMetadata()
                .withAnnotations(null)
                .endMetadata()
                .build();
        API.client().resource(webhooks.replica()).create();

        webhooks.stopServing();

        assertRefused(() -> API.client().resource(annotated).create())
                .hasMessageContaining("failed calling webhook \"inject.sqlitereplica.io\"");
        for (Pod pod : List.of(optedOut, otherwiseAnnotated, unannotated)) {
            assertThat(API.client().resource(pod).create().getSpec().getInitContainers())
                    .isEmpty();
        }
    }

    @Test
    void tellsThatTheReplicaCouldNotBeRead() {
        API.client()
                .rbac()
                .clusterRoleBindings()
                .withName("sqlitereplica-webhooks")
                .delete();
        try {
            await("the API server takes the rights away")
                    .atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertRefused(() -> webhooks.dryRun(webhooks.pod("orders-0")))
                            .hasMessageContaining("could not look the SqliteReplica up; try again"));
        } finally {
            InstalledWebhooks.grantRights(API);
        }
    }

    private static void enforcePodSecurity(String standard) {
        API.client()
                .namespaces()
                .withName(API.namespace())
                .edit(namespace -> new NamespaceBuilder(namespace)
                        .editMetadata()
                        .addToLabels("pod-security.kubernetes.io/enforce", standard)
                        .endMetadata()
                        .build());
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

    private static <T extends HasMetadata> T inNamespace(T object) {
        object.getMetadata().setNamespace(API.namespace());
        return object;
    }
}
