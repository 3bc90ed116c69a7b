package io.sqlitereplica.sidecar.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/**
 * Serves {@code /status}, {@code /metrics}, {@code /livez}, {@code /startupz} and {@code /prestop} to GET and HEAD. Nothing
 * that is asked here can do harm; how much can be asked at once is bounded.
 */
public final class StatusServer implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(StatusServer.class.getName());

    /** The kubelet's hook waits for at most the pod's grace period, 30 s by default. */
    private static final Duration PRESTOP = Duration.ofSeconds(25);

    private static final int AT_ONCE = 16;
    private static final int PRESTOPS_AT_ONCE = 4;
    private static final String TEXT = "text/plain; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService executor = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("http-", 0).factory());
    private final Sidecar sidecar;
    private final Semaphore room = new Semaphore(AT_ONCE);
    private final Semaphore prestops = new Semaphore(PRESTOPS_AT_ONCE);

    /**
     * Binds the address and serves.
     *
     * @throws IOException if the address is taken or not ours
     */
    public StatusServer(InetSocketAddress listen, Sidecar sidecar) throws IOException {
        this.sidecar = sidecar;
        limitConnections();
        this.server = HttpServer.create(listen, AT_ONCE);
        server.setExecutor(executor);
        server.createContext("/", this::handle);
        server.start();
    }

    /** The JDK's server knows these as system properties only; a client that stalls must not hold a thread for ever. */
    private static void limitConnections() {
        System.setProperty("jdk.httpserver.maxConnections", "64");
        System.setProperty("sun.net.httpserver.maxReqTime", "10");
        System.setProperty("sun.net.httpserver.maxRspTime", "60");
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return server.getAddress();
    }

    private record Reply(int code, String contentType, ByteArrayOutputStream body) {
        static Reply text(int code, String text) {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            body.writeBytes((text + "\n").getBytes(StandardCharsets.UTF_8));
            return new Reply(code, TEXT, body);
        }
    }

    /** Writes a body. */
    @FunctionalInterface
    private interface Body {
        void write(Sidecar sidecar, OutputStream to) throws IOException;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            send(exchange, reply(exchange));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a client went away", e);
        }
    }

    private Reply reply(HttpExchange exchange) {
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            exchange.getResponseHeaders().set("Allow", "GET, HEAD");
            return Reply.text(405, "only GET and HEAD are allowed");
        }
        Semaphore entrance = exchange.getRequestURI().getPath().equals("/prestop") ? prestops : room;
        if (!entrance.tryAcquire()) {
            return Reply.text(503, "too many requests at once");
        }
        try {
            return reply(exchange.getRequestURI().getPath());
        } catch (IOException | RuntimeException e) {
            LOG.log(Level.WARNING, "a request failed: path=" + exchange.getRequestURI(), e);
            return Reply.text(500, "this failed: " + e);
        } catch (InterruptedException _) {
            return Reply.text(503, "the process ends");
        } finally {
            entrance.release();
        }
    }

    private Reply reply(String path) throws IOException, InterruptedException {
        return switch (path) {
            case "/status" -> body("application/json", StatusJson::write);
            case "/metrics" -> body(Metrics.CONTENT_TYPE, Metrics::write);
            case "/livez" -> Reply.text(200, "ok");
            case "/startupz" -> startup();
            case "/prestop" -> prestop();
            default -> Reply.text(404, "there are /status, /metrics, /livez, /startupz and /prestop");
        };
    }

    private Reply body(String contentType, Body body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(4096);
        body.write(sidecar, bytes);
        return new Reply(200, contentType, bytes);
    }

    private Reply startup() {
        List<String> waiting = sidecar.notStartedUp();
        return waiting.isEmpty()
                ? Reply.text(200, "ok")
                : Reply.text(503, "not restored yet, nor known to be absent: " + String.join(", ", waiting));
    }

    private Reply prestop() throws InterruptedException {
        return sidecar.shipNow(PRESTOP)
                ? Reply.text(200, "everything is in the destination")
                : Reply.text(503, "not everything is in the destination yet");
    }

    private static void send(HttpExchange exchange, Reply reply) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", reply.contentType());
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(reply.code(), -1);
            return;
        }
        exchange.sendResponseHeaders(reply.code(), reply.body().size());
        reply.body().writeTo(exchange.getResponseBody());
    }

    /** Stops serving at once. */
    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
