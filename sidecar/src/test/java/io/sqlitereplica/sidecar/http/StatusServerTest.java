package io.sqlitereplica.sidecar.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.memory.MemoryStatus;
import io.sqlitereplica.sidecar.memory.MemoryVerdict;
import io.sqlitereplica.sidecar.replicate.DatabaseState;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.replicate.Notice;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.wal.HeldTimes;
import io.sqlitereplica.sidecar.wal.WalStatistics;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatusServerTest {
    private static final HeldTimes HELD = new HeldTimes(List.of(0L, 0L, 0L, 3L, 2L, 0L, 1L, 0L, 0L), 0.75);
    private static final Instant TIME = Instant.parse("2026-11-23T01:17:37.317999Z");

    private final HttpClient client = HttpClient.newHttpClient();
    private final KnownSidecar sidecar = new KnownSidecar();
    private StatusServer server;

    @BeforeEach
    void start() throws IOException {
        server = new StatusServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), sidecar);
    }

    @AfterEach
    void stop() {
        server.close();
        client.close();
    }

    @Test
    void statusHasEverythingUnderItsName() throws Exception {
        HttpResponse<String> response = get("/status");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("application/json");
        assertThat(response.body()).isEqualTo("""
            {"version":"1.2.3","startedAt":"2026-11-23T01:17:37.317Z","databases":[\
            {"name":"orders","path":"/data/orders.db","state":"replicating",\
            "txid":"000000000000001f","replicatedTxid":"000000000000001e","lagSeconds":1.25,\
            "lastSyncAt":"2026-11-23T01:17:37.317Z","lastSnapshotAt":"2026-11-23T01:17:37.317Z","error":null,\
            "destination":{"reachable":true,"checkedAt":"2026-11-23T01:17:37.317Z","reason":null,"message":null},\
            "resyncs":7,"resyncSeconds":1.5,"restoreRequest":"before-the-import",\
            "restore":{"fromTxid":"0000000000000010","durationSeconds":3.5,"bytes":4711},\
            "verification":{"at":"2026-11-23T01:17:37.317Z","txid":"000000000000001d","durationSeconds":2.5,"error":null},\
            "notices":[{"reason":"LocalRowsLost","time":"2026-11-23T01:17:37.317Z",\
            "message":"commits are gone"}]},\
            {"name":"users","path":"/data/users.db","state":"failed",\
            "txid":"0000000000000000","replicatedTxid":"0000000000000000","lagSeconds":0.0,\
            "lastSyncAt":null,"lastSnapshotAt":null,"error":"it is \\"not\\" a database",\
            "destination":{"reachable":false,"checkedAt":"2026-11-23T01:17:37.317Z","reason":"Unreachable","message":"no answer"},\
            "restoring":{"toTxid":"0000000000000007","bytesDone":1,"bytesTotal":2,"filesDone":3,"filesTotal":4},\
            "notices":[]}],\
            "memory":{"limitBytes":1,"anonBytes":2,"fileBytes":3,"slabBytes":4,"kernelBytes":5,\
            "workingSetBytes":6,"rssAnonBytes":7,"heapUsedBytes":8,"heapMaxBytes":9,"heapLiveBytes":10,\
            "directBytes":11,"directMaxBytes":12,"metaspaceBytes":13,"codeBytes":14,"gcOverheadRatio":0.5,\
            "majorFaults":16,"oomKills":17,"verdict":"Pressure","reason":"it is tight",\
            "anonSlopeBytesPerHour":-1024,"secondsToLimit":null}}\
            """);
    }

    @Test
    void metricsHaveTheSameFactsInBaseUnits() throws Exception {
        HttpResponse<String> response = get("/metrics");

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type").orElseThrow()).startsWith("text/plain");
        assertThat(response.body().lines())
                .contains(
                        "# TYPE sqlitereplica_lag_seconds gauge",
                        "sqlitereplica_build_info{version=\"1.2.3\"} 1",
                        "sqlitereplica_lag_seconds{database=\"orders\"} 1.25",
                        "sqlitereplica_txid{database=\"orders\"} 31.0",
                        "sqlitereplica_replicated_txid{database=\"orders\"} 30.0",
                        "sqlitereplica_database_state{database=\"orders\",state=\"replicating\"} 1.0",
                        "sqlitereplica_database_state{database=\"orders\",state=\"failed\"} 0.0",
                        "sqlitereplica_destination_reachable{database=\"orders\"} 1.0",
                        "sqlitereplica_destination_reachable{database=\"users\"} 0.0",
                        "sqlitereplica_uploads_total{database=\"orders\"} 2.0",
                        "sqlitereplica_uploaded_bytes_total{database=\"orders\"} 3.0",
                        "sqlitereplica_resync_seconds_total{database=\"orders\"} 1.5",
                        "sqlitereplica_wal_bytes{database=\"orders\"} 100.0",
                        "sqlitereplica_wal_bytes{database=\"users\"} NaN",
                        "sqlitereplica_wal_finish_failures_total{database=\"orders\"} 5.0",
                        "sqlitereplica_wal_barriers_total{database=\"orders\"} 6.0",
                        "sqlitereplica_wal_barrier_seconds_bucket{database=\"orders\",le=\"0.05\"} 3",
                        "sqlitereplica_wal_barrier_seconds_bucket{database=\"orders\",le=\"0.1\"} 5",
                        "sqlitereplica_wal_barrier_seconds_bucket{database=\"orders\",le=\"+Inf\"} 6",
                        "sqlitereplica_wal_barrier_seconds_count{database=\"orders\"} 6",
                        "sqlitereplica_wal_barrier_seconds_sum{database=\"orders\"} 0.75",
                        "sqlitereplica_wal_barriers_refused_total{database=\"orders\"} 7.0",
                        "sqlitereplica_wal_busy_total{database=\"orders\"} 8.0",
                        "sqlitereplica_memory_anon_bytes 2.0",
                        "sqlitereplica_memory_oom_kills_total 17.0",
                        "sqlitereplica_memory_seconds_to_limit NaN",
                        "sqlitereplica_memory_verdict{verdict=\"Pressure\"} 1.0",
                        "sqlitereplica_memory_verdict{verdict=\"Healthy\"} 0.0");
    }

    @Test
    void isAlive() throws Exception {
        assertThat(get("/livez").statusCode()).isEqualTo(200);
    }

    @Test
    void hasStartedWhenEveryDatabaseHas() throws Exception {
        sidecar.notStartedUp.add("users");
        HttpResponse<String> waiting = get("/startupz");
        assertThat(waiting.statusCode()).isEqualTo(503);
        assertThat(waiting.body()).contains("users");

        sidecar.notStartedUp.clear();
        assertThat(get("/startupz").statusCode()).isEqualTo(200);
    }

    @Test
    void shipsBeforeThePodStopsAndSaysWhetherThatWorked() throws Exception {
        sidecar.shipped.complete(true);
        assertThat(get("/prestop").statusCode()).isEqualTo(200);

        sidecar.shipped = CompletableFuture.completedFuture(false);
        assertThat(get("/prestop").statusCode()).isEqualTo(503);
    }

    @Test
    void answersProbesWhileManyAskToShip() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> asking = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            asking.add(client.sendAsync(request("/prestop"), HttpResponse.BodyHandlers.ofString()));
        }
        sidecar.shipping.await();

        assertThat(get("/prestop").statusCode()).isEqualTo(503);
        assertThat(get("/livez").statusCode()).isEqualTo(200);

        sidecar.shipped.complete(true);
        for (CompletableFuture<HttpResponse<String>> answer : asking) {
            assertThat(answer.get().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void answersHeadWithoutABody() throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(uri("/status")).HEAD().build(), HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS"})
    void refusesEverythingButReading(String method) throws Exception {
        HttpResponse<String> response = client.send(
                HttpRequest.newBuilder(uri("/prestop"))
                        .method(method, HttpRequest.BodyPublishers.ofString("x"))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).hasValue("GET, HEAD");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/statusx", "/status/", "/../status"})
    void knowsNothingElse(String path) throws Exception {
        assertThat(get(path).statusCode()).isEqualTo(404);
    }

    @Test
    void saysThatAnAddressIsTaken() {
        assertThatThrownBy(() -> new StatusServer(server.address(), sidecar)).isInstanceOf(BindException.class);
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(request(path), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request(String path) {
        return HttpRequest.newBuilder(uri(path)).build();
    }

    private URI uri(String path) {
        InetSocketAddress address = server.address();
        return URI.create("http://" + address.getAddress().getHostAddress() + ":" + address.getPort() + path);
    }

    /** One database that is well, and one that is not. */
    private static final class KnownSidecar implements Sidecar {
        private final List<String> notStartedUp = new ArrayList<>();
        private final CountDownLatch shipping = new CountDownLatch(4);
        private volatile CompletableFuture<Boolean> shipped = new CompletableFuture<>();

        @Override
        public String version() {
            return "1.2.3";
        }

        @Override
        public Instant startedAt() {
            return TIME;
        }

        @Override
        public List<DatabaseStatus> databases() {
            return List.of(
                    new DatabaseStatus(
                            "orders",
                            Path.of("/data/orders.db"),
                            DatabaseState.REPLICATING,
                            new TxId(31),
                            new TxId(30),
                            Duration.ofMillis(1250),
                            TIME,
                            TIME,
                            null,
                            new DatabaseStatus.Restored(new TxId(16), Duration.ofMillis(3500), 4711),
                            "before-the-import",
                            null,
                            new DatabaseStatus.Verified(TIME, new TxId(29), Duration.ofMillis(2500), null),
                            new DatabaseStatus.Destination(true, TIME, null, null),
                            List.of(new Notice(Notice.Reason.LOCAL_ROWS_LOST, TIME, "commits are gone")),
                            new DatabaseStatus.Counters(
                                    1, 2, 3, 4, 5, 6, 13, 14, 15, 16, 7, 8, 9, 10, 12, 11, Duration.ofMillis(1500)),
                            new WalStatistics(100, 2, 3, 4, 5, HELD, 7, 8, 9, 10, true)),
                    new DatabaseStatus(
                            "users",
                            Path.of("/data/users.db"),
                            DatabaseState.FAILED,
                            TxId.ZERO,
                            TxId.ZERO,
                            Duration.ZERO,
                            null,
                            null,
                            "it is \"not\" a database",
                            null,
                            null,
                            new Progress(1, 2, 3, 4, new TxId(7)),
                            null,
                            new DatabaseStatus.Destination(false, TIME, "Unreachable", "no answer"),
                            List.of(),
                            new DatabaseStatus.Counters(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, Duration.ZERO),
                            null));
        }

        @Override
        public MemoryStatus memory() {
            return new MemoryStatus(
                    1,
                    2,
                    3,
                    4,
                    5,
                    6,
                    7,
                    8,
                    9,
                    10,
                    11,
                    12,
                    13,
                    14,
                    0.5,
                    16,
                    17,
                    MemoryVerdict.PRESSURE,
                    "it is tight",
                    -1024.4,
                    null);
        }

        @Override
        public List<String> notStartedUp() {
            return notStartedUp;
        }

        @Override
        public boolean shipNow(Duration wait) {
            shipping.countDown();
            return shipped.join();
        }
    }
}
