package io.sqlitereplica.operator.webhook;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import io.sqlitereplica.operator.inject.Injector;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * Serves the admission webhooks over HTTPS, and {@code /healthz}. Answers do not change anything, so any replica of
 * the operator can give them, also for a dry run.
 */
public final class WebhookServer implements AutoCloseable {
    /** The path for pods. */
    public static final String MUTATE_PODS = "/mutate-pods";

    /** The path for SqliteReplicas. */
    public static final String VALIDATE_REPLICAS = "/validate-sqlitereplicas";

    private static final int STOP_SECONDS = 2;

    private final HttpsServer server;
    private final ExecutorService executor;

    private WebhookServer(HttpsServer server, ExecutorService executor) {
        this.server = server;
        this.executor = executor;
    }

    /**
     * Starts to serve.
     *
     * @param address where to listen; port 0 takes a free one
     */
    public static WebhookServer start(
            InetSocketAddress address, SSLContext tls, Injector injector, Replicas replicas, Rollouts rollouts)
            throws IOException {
        ObjectMapper mapper = Json.newMapper();
        HttpsServer server = HttpsServer.create(address, 0);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters supported = getSSLContext().getDefaultSSLParameters();
                supported.setProtocols(new String[] {"TLSv1.3", "TLSv1.2"});
                parameters.setSSLParameters(supported);
            }
        });
        ExecutorService executor = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("webhook-", 0).factory());
        server.setExecutor(executor);
        server.createContext(
                MUTATE_PODS, new ReviewExchange(mapper, new PodMutator(mapper, injector, replicas, rollouts)));
        server.createContext(VALIDATE_REPLICAS, new ReviewExchange(mapper, new ReplicaValidator(mapper, replicas)));
        server.createContext("/healthz", exchange -> {
            try (exchange) {
                byte[] answer = "ok\n".getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        server.start();
        return new WebhookServer(server, executor);
    }

    /** The port that is listened on. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** Takes no more requests, and waits up to two seconds for those under way. */
    @Override
    public void close() {
        server.stop(STOP_SECONDS);
        executor.close();
    }
}
