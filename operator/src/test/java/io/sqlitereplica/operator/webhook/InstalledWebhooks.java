package io.sqlitereplica.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
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
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** The webhooks behind a real API server, with the chart's configurations and no more rights than the chart grants. */
record InstalledWebhooks(ApiServer api, KubernetesClient operator, WebhookCertificate certificate, WebhookServer server)
        implements AutoCloseable {
    static final String CASES = "/io/sqlitereplica/operator/inject/";
    private static final String GOLDEN = CASES + "stateful-set-to-s3/";
    private static final String SECRET = "webhook-certificate";

    /** Makes what outlives the operator: the definition, the Secret and the rights. */
    static void prepare(ApiServer api) {
        api.applyCrd(Path.of("..", "crds", "sqlitereplicas.sqlitereplica.io-v1.yaml"));
        api.client()
                .resource(new SecretBuilder()
                        .withNewMetadata()
                        .withName(SECRET)
                        .endMetadata()
                        .build())
                .create();
        grantRights(api);
    }

    static void grantRights(ApiServer api) {
        Webhooks.grantTheOperator(api.client(), api.namespace(), SECRET);
    }

    /** Starts the webhooks, and waits until the API server calls them. */
    static InstalledWebhooks start(ApiServer api) throws IOException {
        KubernetesClient operator = api.clientOfServiceAccount(api.namespace(), "operator");
        Webhooks.install(api.client());
        WebhookCertificate certificate = WebhookCertificate.start(
                operator,
                new Settings(api.namespace(), SECRET, Webhooks.NAME, List.of("127.0.0.1")),
                Clock.systemUTC());
        WebhookServer server = WebhookServer.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                certificate.sslContext(),
                new Injector("sqlitereplica/sidecar:0.1.0"),
                Replicas.of(operator),
                Rollouts.of(operator));
        InstalledWebhooks installed = new InstalledWebhooks(api, operator, certificate, server);
        Webhooks.pointTo(api.client(), server.port());
        Pod unknown = new PodBuilder(installed.pod("probe"))
                .editMetadata()
                .addToAnnotations("sqlitereplica.io/inject", "nobody")
                .endMetadata()
                .build();
        await("the API server calls the webhook")
                .atMost(Duration.ofSeconds(30))
                .ignoreExceptions()
                .untilAsserted(
                        () -> assertRefused(() -> installed.dryRun(unknown)).hasMessageContaining("ReplicaNotFound"));
        return installed;
    }

    /** The operator is gone; all else stays. */
    void stopServing() {
        server.close();
    }

    @Override
    public void close() {
        api.client().resources(SqliteReplica.class).delete();
        Webhooks.uninstall(api.client());
        server.close();
        certificate.close();
        operator.close();
    }

    Pod dryRun(Pod pod) {
        return api.client().resource(pod).dryRun().create();
    }

    /** A pod of a StatefulSet that asks for the sidecar. */
    Pod pod(String name) {
        return new PodBuilder(Yaml.read(InstalledWebhooks.class, GOLDEN + "pod.yaml", Pod.class))
                .editMetadata()
                .withName(name)
                .withNamespace(api.namespace())
                .endMetadata()
                .build();
    }

    /** The SqliteReplica that the pod asks for. */
    SqliteReplica replica() {
        return replica("namespace: shop", "namespace: shop");
    }

    /** The same with a change of its text. */
    SqliteReplica replica(String old, String now) {
        String yaml = Yaml.text(InstalledWebhooks.class, GOLDEN + "replica.yaml");
        assertThat(yaml).contains(old);
        return Yaml.parse(
                yaml.replace(old, now).replace("namespace: shop", "namespace: " + api.namespace()),
                SqliteReplica.class);
    }

    static AbstractThrowableAssert<?, ? extends Throwable> assertRefused(ThrowingCallable call) {
        return assertThatThrownBy(call).isInstanceOf(KubernetesClientException.class);
    }
}
