package io.sqlitereplica.operator.webhook;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;

/**
 * The client of who answers an admission request. The API server gives a webhook up after its {@code timeoutSeconds}, 10
 * by default, and then nobody learns why; the client's own ten retries would take minutes.
 */
final class QuickClient {
    /** The most questions that one request leads to, a replica, a ReplicaSet and a Deployment, stay below 10 s. */
    private static final int TIMEOUT_MILLIS = 1500;

    private static final int RETRIES = 1;

    private QuickClient() {}

    /** The same client, with the same connections, that gives up in time. */
    static KubernetesClient of(KubernetesClient client) {
        return client.newClient(new RequestConfigBuilder()
                        .withRequestTimeout(TIMEOUT_MILLIS)
                        .withRequestRetryBackoffLimit(RETRIES)
                        .build())
                .adapt(KubernetesClient.class);
    }
}
