package io.sqlitereplica.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An API server in trouble: whoever waits for the webhook is told so, instead of being left without an answer. */
class QuickClientTest {
    private final AtomicInteger requests = new AtomicInteger();
    private HttpServer apiServer;
    private KubernetesClient client;

    @BeforeEach
    void start() throws IOException {
        apiServer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        apiServer.createContext("/", exchange -> {
            requests.incrementAndGet();
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        apiServer.start();
        client = QuickClient.of(new ConfigBuilder()
                .withMasterUrl("http://127.0.0.1:" + apiServer.getAddress().getPort())
                .build());
    }

    @AfterEach
    void stop() {
        client.close();
        apiServer.stop(0);
    }

    @Test
    void asksForAReplicaOnceMore() {
        assertThatThrownBy(() -> Replicas.of(client).find("shop", "orders"))
                .isInstanceOf(KubernetesClientException.class);

        assertThat(requests).hasValue(2);
    }

    @Test
    void asksForARolloutOnceMore() {
        assertThat(Rollouts.of(client).find("shop", "orders-7d4b9c")).isEmpty();

        assertThat(requests).hasValue(2);
    }
}
