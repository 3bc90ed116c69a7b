package io.sqlitereplica.operator.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** Answers {@code /status} on the loopback address as a sidecar does, with what a test tells it to say. */
public final class FakeSidecar implements AutoCloseable {
    private static final String REPLICATING = """
         {"version": "0.1.0", "startedAt": "2026-11-20T08:00:00Z",
          "databases": [{"name": "orders", "path": "/data/orders.db", "state": "replicating",
            "txid": "000000000000002a", "replicatedTxid": "000000000000002a", "lagSeconds": 0.0,
            "lastSyncAt": "2026-11-23T08:00:00Z", "lastSnapshotAt": "2026-11-23T03:00:05Z", "error": null,
        "destination": {"reachable": true, "checkedAt": "2026-11-23T08:00:00Z", "message": null}}],
          "memory": {"limitBytes": 134217728, "anonBytes": 63963136, "fileBytes": 8388608, "slabBytes": 1048576,
            "kernelBytes": 2097152, "workingSetBytes": 71303168, "rssAnonBytes": 62914560,
            "heapUsedBytes": 11534336, "heapMaxBytes": 25165824, "heapLiveBytes": 9437184, "directBytes": 4194304,
            "directMaxBytes": 12582912, "metaspaceBytes": 20971520, "codeBytes": 8388608, "gcOverheadRatio": 0.01,
            "majorFaults": 12, "oomKills": 0, "verdict": "Healthy", "reason": "48 % of the limit is in use",
            "anonSlopeBytesPerHour": 0, "secondsToLimit": null}}
        """;

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicInteger polls = new AtomicInteger();
    private volatile String answer = REPLICATING;
    private volatile int httpStatus = 200;

    /** Starts on a free port; at first it says that all is well. */
    public FakeSidecar() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(threads);
        server.createContext("/status", this::answer);
        server.start();
    }

    /** What a sidecar says whose only database is well replicated. */
    public static String replicating() {
        return REPLICATING;
    }

    /** Where it listens. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** How often it was asked. */
    public int polls() {
        return polls.get();
    }

    /** What it says from now on. */
    public void says(String json) {
        answer = json;
    }

    /** What it says from now on: that all is well but for a part of the text. */
    public void saysInstead(String part, String other) {
        if (!REPLICATING.contains(part)) {
            throw new IllegalArgumentException("the answer has no " + part);
        }
        answer = REPLICATING.replace(part, other);
    }

    /** With which HTTP status it answers from now on. */
    public void answersWith(int status) {
        httpStatus = status;
    }

    private void answer(HttpExchange exchange) throws IOException {
        polls.incrementAndGet();
        byte[] body = answer.getBytes(UTF_8);
        try (exchange) {
            exchange.sendResponseHeaders(httpStatus, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
