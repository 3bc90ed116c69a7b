package io.sqlitereplica.operator.certificate;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.WebhookClientConfig;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The two objects that tell the API server which webhooks there are, and whom to trust there. */
final class WebhookConfigurations {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookConfigurations.class);
    private static final int ATTEMPTS = 10;

    private final KubernetesClient client;
    private final String name;

    WebhookConfigurations(KubernetesClient client, String name) {
        this.client = client;
        this.name = name;
    }

    /** Makes the API server trust these authorities (PEM) in all webhooks of both objects. */
    void trust(String authorities) {
        String bundle = Base64.getEncoder().encodeToString(authorities.getBytes(StandardCharsets.UTF_8));
        trust(
                MutatingWebhookConfiguration.class,
                configuration -> configuration.getWebhooks().stream().map(webhook -> webhook.getClientConfig()),
                bundle);
        trust(
                ValidatingWebhookConfiguration.class,
                configuration -> configuration.getWebhooks().stream().map(webhook -> webhook.getClientConfig()),
                bundle);
    }

    private <T extends HasMetadata> void trust(
            Class<T> type, Function<T, Stream<WebhookClientConfig>> webhooks, String bundle) {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            T configuration = client.resources(type).withName(name).get();
            if (configuration == null) {
                throw new MissingObjectException(
                        "The %s %s is missing: no pod gets a sidecar. Install the chart again; it makes it."
                                .formatted(type.getSimpleName(), name));
            }
            List<WebhookClientConfig> others = webhooks.apply(configuration)
                    .filter(webhook -> !bundle.equals(webhook.getCaBundle()))
                    .toList();
            if (others.isEmpty()) {
                return;
            }
            others.forEach(webhook -> webhook.setCaBundle(bundle));
            try {
                client.resource(configuration).update();
                LOG.info("event=certificate-trusted kind={} name={}", type.getSimpleName(), name);
                return;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                LOG.debug("event=trust-conflict kind={} name={} attempt={}", type.getSimpleName(), name, attempt);
            }
        }
        throw new IllegalStateException(
                "The %s %s is changed by others all the time.".formatted(type.getSimpleName(), name));
    }
}
