package io.sqlitereplica.operator.webhook;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;

/**
 * The client of who answers an admission request. The API server gives a webhook up after its {@code timeoutSeconds}, 10
 * by default, and then nobody learns why; a client's own ten retries would take minutes.
 */
public final class QuickClient {
    /** The most questions that one request leads to, a replica, a ReplicaSet and a Deployment, stay below 10 s. */
    private static final int TIMEOUT_MILLIS = 1500;

    private static final int RETRIES = 1;

    private QuickClient() {}

    /** A new client, to be closed, for the same API server and with the same identity, that gives up in time. */
    public static KubernetesClient of(Config config) {
        return new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(config)
                        .withRequestTimeout(TIMEOUT_MILLIS)
                        .withRequestRetryBackoffLimit(RETRIES)
                        .build())
                .build();
    }
}
