package io.sqlitereplica.operator.testing;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;

/** The webhook configurations of the chart, in tests without a Service. */
public final class Webhooks {
    /** The name of both configurations. */
    public static final String NAME = "sqlitereplica";

    private Webhooks() {}

    /** Makes the configurations as the chart does. */
    public static void install(KubernetesClient client) {
        load(client).forEach(item -> client.resource(item).create());
    }

    /** Has the API server call a port of this machine instead of the Service. */
    public static void pointTo(KubernetesClient client, int port) {
        for (HasMetadata item : load(client)) {
            HasMetadata installed = client.resource(item).get();
            clientConfigs(installed).forEach(config -> {
                config.setUrl("https://127.0.0.1:" + port + config.getService().getPath());
                config.setService(null);
            });
            client.resource(installed).update();
        }
    }

    /** Removes the configurations. */
    public static void uninstall(KubernetesClient client) {
        load(client).forEach(item -> client.resource(item).delete());
    }

    /** The authorities that the API server trusts, for each webhook. */
    public static List<String> trustedBy(KubernetesClient client) {
        List<String> trusted = new ArrayList<>();
        for (HasMetadata item : load(client)) {
            clientConfigs(client.resource(item).get())
                    .map(config -> new String(Base64.getDecoder().decode(config.getCaBundle()), StandardCharsets.UTF_8))
                    .forEach(trusted::add);
        }
        return trusted;
    }

    /** Gives the service account {@code operator} of a namespace what the webhooks need, and no more. */
    public static void grantTheOperator(KubernetesClient client, String namespace, String secret) {
        String rights = Yaml.text(Webhooks.class, "/webhooks-rbac.yaml")
                .replace("OPERATOR-NAMESPACE", namespace)
                .replace("CERTIFICATE-SECRET", secret);
        client.load(new ByteArrayInputStream(rights.getBytes(StandardCharsets.UTF_8)))
                .items()
                .forEach(item -> client.resource(item).createOr(existing -> existing.update()));
    }

    private static List<HasMetadata> load(KubernetesClient client) {
        return client.load(Webhooks.class.getResourceAsStream("/webhooks.yaml")).items();
    }

    private static Stream<WebhookClientConfig> clientConfigs(HasMetadata configuration) {
        return switch (configuration) {
            case MutatingWebhookConfiguration mutating ->
                mutating.getWebhooks().stream().map(webhook -> webhook.getClientConfig());
            case ValidatingWebhookConfiguration validating ->
                validating.getWebhooks().stream().map(webhook -> webhook.getClientConfig());
            default -> throw new IllegalArgumentException(configuration.getKind());
        };
    }
}
