package io.sqlitereplica.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MatchCondition;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhook;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What the chart installs, as Helm renders it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ChartTest {
    private static final Path DEFINITION = Path.of("..", "crds", "sqlitereplicas.sqlitereplica.io-v1.yaml");
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final String VERSION = System.getProperty("project.version");

    private Helm helm = new Helm(Path.of("helm"));
    private List<HasMetadata> objects = List.of();

    @BeforeAll
    void render() {
        helm = Helm.required();
        objects = objects();
    }

    @Test
    void passesTheLinter() {
        Helm.Result result = helm.run(List.of("lint"), "--strict", "--kube-version", "1.30.0");

        assertThat(result.status()).as(result.output() + result.errors()).isZero();
    }

    @Test
    void hasTheVersionOfTheProject() {
        Container operator = operator(objects);

        assertThat(operator.getImage()).isEqualTo("sqlitereplica/operator:" + VERSION);
        assertThat(operator.getEnv())
                .anySatisfy(variable -> assertThat(variable.getValue()).isEqualTo("sqlitereplica/sidecar:" + VERSION));
    }

    @Test
    void namesTheRegistryBeforeBothImages() {
        Container operator = operator(objects("--set-string", "image.registry=registry.example.com/team/,image.tag=7"));

        assertThat(operator.getImage()).isEqualTo("registry.example.com/team/sqlitereplica/operator:7");
        assertThat(operator.getEnv())
                .anySatisfy(variable ->
                        assertThat(variable.getValue()).isEqualTo("registry.example.com/team/sqlitereplica/sidecar:7"));
    }

    @Test
    void refusesValuesItDoesNotKnow() {
        Helm.Result result = helm.template("--set", "image.repository=sqlitereplica");

        assertThat(result.status()).isNotZero();
        assertThat(result.errors()).contains("repository");
    }

    @Test
    void refusesAClusterThatIsTooOld() {
        Helm.Result result = helm.run(List.of("template", "sqlitereplica"), "--kube-version", "1.29.0");

        assertThat(result.errors()).contains("chart requires kubeVersion: >=1.30");
    }

    @Test
    void installsTheDefinitionOfTheProjectAndKeepsItWhenUninstalled() throws Exception {
        CustomResourceDefinition installed = only(CustomResourceDefinition.class);
        CustomResourceDefinition ours = YAML.unmarshal(Files.readString(DEFINITION), CustomResourceDefinition.class);

        assertThat(installed.getSpec()).isEqualTo(ours.getSpec());
        assertThat(installed.getMetadata().getAnnotations()).containsEntry("helm.sh/resource-policy", "keep");
    }

    @Test
    void leavesOutTheDefinitionWhenItIsToldTo() {
        Helm.Result result = helm.template("--set", "crd.install=false");

        assertThat(result.output()).doesNotContain("CustomResourceDefinition").contains("kind: Deployment");
    }

    @Test
    void asksTheOperatorOnlyAboutPodsThatWantASidecar() {
        MutatingWebhook webhook =
                only(MutatingWebhookConfiguration.class).getWebhooks().getFirst();

        assertThat(webhook.getFailurePolicy()).isEqualTo("Fail");
        assertThat(webhook.getReinvocationPolicy()).isEqualTo("IfNeeded");
        assertThat(webhook.getSideEffects()).isEqualTo("NoneOnDryRun");
        assertThat(webhook.getNamespaceSelector()
                        .getMatchExpressions()
                        .getFirst()
                        .getValues())
                .containsExactly("kube-system", "operators");
        assertThat(webhook.getMatchConditions())
                .extracting(MatchCondition::getExpression)
                .containsExactly("has(object.metadata.annotations)"
                        + " && 'sqlitereplica.io/inject' in object.metadata.annotations"
                        + " && object.metadata.annotations['sqlitereplica.io/inject'] != 'false'");
    }

    @Test
    void letsResourcesThroughWhileTheOperatorIsAway() {
        ValidatingWebhook webhook =
                only(ValidatingWebhookConfiguration.class).getWebhooks().getFirst();

        assertThat(webhook.getFailurePolicy()).isEqualTo("Ignore");
        assertThat(webhook.getSideEffects()).isEqualTo("None");
    }

    @Test
    void leavesTheCertificateToTheOperator() {
        assertThat(only(Secret.class).getData()).isNullOrEmpty();
        assertThat(only(MutatingWebhookConfiguration.class)
                        .getWebhooks()
                        .getFirst()
                        .getClientConfig()
                        .getCaBundle())
                .isNull();
        assertThat(only(ValidatingWebhookConfiguration.class)
                        .getWebhooks()
                        .getFirst()
                        .getClientConfig()
                        .getCaBundle())
                .isNull();
    }

    @Test
    void runsTheOperatorWithoutPrivileges() {
        var pod = only(Deployment.class).getSpec().getTemplate().getSpec();
        var container = pod.getContainers().getFirst().getSecurityContext();

        assertThat(pod.getSecurityContext().getRunAsNonRoot()).isTrue();
        assertThat(pod.getSecurityContext().getSeccompProfile().getType()).isEqualTo("RuntimeDefault");
        assertThat(container.getReadOnlyRootFilesystem()).isTrue();
        assertThat(container.getAllowPrivilegeEscalation()).isFalse();
        assertThat(container.getCapabilities().getDrop()).containsExactly("ALL");
    }

    @Test
    void givesTheOperatorNoWildcardsAndNoSecretButItsCertificate() {
        List<PolicyRule> clusterWide = only(ClusterRole.class).getRules();
        List<PolicyRule> own = only(Role.class).getRules();

        assertThat(Stream.concat(clusterWide.stream(), own.stream()))
                .allSatisfy(rule -> assertThat(rule.getVerbs()).doesNotContain("*"))
                .allSatisfy(rule -> assertThat(rule.getResources()).doesNotContain("*"));
        assertThat(clusterWide)
                .allSatisfy(rule -> assertThat(rule.getResources()).doesNotContain("secrets"));
        assertThat(own)
                .filteredOn(rule -> rule.getResources().contains("secrets"))
                .allSatisfy(rule -> assertThat(rule.getResourceNames()).containsExactly("sqlitereplica-certificate"));
    }

    @Test
    void givesTheOperatorRightsOnlyInTheNamespacesItLooksAfter() {
        List<HasMetadata> limited = objects("--set", "watchNamespaces={shop,bank}");

        assertThat(only(limited, ClusterRole.class).getRules())
                .allSatisfy(rule -> assertThat(rule.getApiGroups()).containsExactly("admissionregistration.k8s.io"));
        assertThat(limited)
                .filteredOn(Role.class::isInstance)
                .extracting(role -> role.getMetadata().getNamespace())
                .containsExactlyInAnyOrder("shop", "bank", "operators");
        assertThat(only(limited, MutatingWebhookConfiguration.class)
                        .getWebhooks()
                        .getFirst()
                        .getNamespaceSelector()
                        .getMatchExpressions()
                        .getLast()
                        .getValues())
                .containsExactly("shop", "bank");
    }

    @Test
    void findsThePodsOfItsService() {
        Map<String, String> labels =
                only(Deployment.class).getSpec().getTemplate().getMetadata().getLabels();

        assertThat(labels).containsAllEntriesOf(only(Service.class).getSpec().getSelector());
    }

    private static Container operator(List<HasMetadata> objects) {
        return only(objects, Deployment.class)
                .getSpec()
                .getTemplate()
                .getSpec()
                .getContainers()
                .getFirst();
    }

    private <T extends HasMetadata> T only(Class<T> type) {
        return only(objects, type);
    }

    private static <T extends HasMetadata> T only(List<HasMetadata> objects, Class<T> type) {
        List<T> found =
                objects.stream().filter(type::isInstance).map(type::cast).toList();
        assertThat(found).as(type.getSimpleName()).hasSize(1);
        return found.getFirst();
    }

    private List<HasMetadata> objects(String... flags) {
        Helm.Result result = helm.template(flags);
        assertThat(result.status()).as(result.errors()).isZero();
        return Stream.of(result.output().split("(?m)^---$"))
                .filter(document -> document.contains("kind:"))
                .map(document -> (HasMetadata) YAML.unmarshal(document))
                .toList();
    }
}
