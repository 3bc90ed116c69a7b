package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpServer;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import io.sqlitereplica.sidecar.testing.FaultyProxy;
import io.sqlitereplica.sidecar.testing.FaultyProxy.Fault;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said when a bucket cannot be used, and what is left then. */
class S3ErrorsTest {
    private static final LtxFileName NAME = LtxFileName.of(new TxId(1));
    private static final Instant TIME = Instant.parse("2026-11-23T01:17:37.317Z");
    private static final int LARGE = 12_000_000;

    @AutoClose
    private static S3Server server;

    private final BufferPool pool = new BufferPool(10 * 1024 * 1024);

    @TempDir
    private Path folder;

    @BeforeAll
    static void startServer() {
        server = S3Server.start();
    }

    private ReplicaStore open(ReplicaUrl url, CredentialsSource credentials) {
        return ReplicaStores.open(url, credentials, pool);
    }

    private static CredentialsSource keys(String id, String secret) {
        return new EnvironmentCredentials(Map.of("AWS_ACCESS_KEY_ID", id, "AWS_SECRET_ACCESS_KEY", secret));
    }

    private static ReplicaUrl url(String bucket, String endpoint) {
        return ReplicaUrl.parse("s3://%s/orders?endpoint=%s".formatted(bucket, endpoint));
    }

    private Path source(int size) throws IOException {
        return Files.write(folder.resolve("source"), new byte[size]);
    }

    /** Each way to use a destination. */
    private List<ThrowingCallable> uses(ReplicaStore store) throws IOException {
        Path small = source(1000);
        Path large = Files.write(folder.resolve("large"), new byte[20_000_000]);
        ReplicaFile file = new ReplicaFile(0, NAME, 1000, TIME);
        return List.of(
                store::check,
                () -> store.list(0, _ -> {}),
                () -> store.open(file, 0).close(),
                () -> store.create(0, NAME, TIME, small),
                () -> store.create(0, NAME, TIME, large),
                () -> store.delete(List.of(file)),
                () -> stream(store, 1000),
                () -> stream(store, LARGE));
    }

    private static CreateResult stream(ReplicaStore store, int size) throws IOException {
        try (Upload upload = store.createStreaming(0, NAME, TIME, 1 << 30, Path.of(""))) {
            upload.write(ByteBuffer.allocate(size));
            return upload.commit();
        }
    }

    private static void assertFails(ThrowingCallable use, Kind kind, String... saying) {
        assertThatThrownBy(use).isInstanceOfSatisfying(StoreException.class, e -> {
            assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind);
            for (String text : saying) {
                assertThat(e).hasMessageContaining(text);
            }
        });
    }

    @Test
    void saysThatThereIsNoBucket() throws IOException {
        try (ReplicaStore store = open(server.url("nowhere", "orders"), server.credentials())) {
            for (ThrowingCallable use : uses(store)) {
                assertFails(use, Kind.NOT_FOUND, "no bucket 'nowhere' at " + server.endpoint(), "create it");
            }
            assertThat(store.requests().failures()).isEqualTo(8);
        }
    }

    @Test
    void saysThatTheKeysAreWrong() throws IOException {
        server.bucket("wrong-keys");
        for (CredentialsSource wrong : List.of(keys(S3Server.ACCESS_KEY_ID, "wrong"), keys("nobody", "wrong"))) {
            try (ReplicaStore store = open(server.url("wrong-keys", "orders"), wrong)) {
                for (ThrowingCallable use : uses(store)) {
                    assertFails(use, Kind.CREDENTIALS, "s3://wrong-keys/orders", "correct the keys");
                }
            }
        }
    }

    @Test
    void saysThatThereAreNoKeys() throws IOException {
        try (ReplicaStore store =
                open(server.url("wrong-keys", "orders"), CredentialsSource.folder(folder.resolve("absent")))) {
            for (ThrowingCallable use : uses(store)) {
                assertFails(use, Kind.CREDENTIALS, "no file access-key-id in " + folder.resolve("absent"));
            }
        }
    }

    @Test
    void usesNewKeysAtOnce() throws IOException {
        server.bucket("rotation");
        Files.writeString(folder.resolve("access-key-id"), S3Server.ACCESS_KEY_ID);
        Files.writeString(folder.resolve("secret-access-key"), "expired");
        try (ReplicaStore store = open(server.url("rotation", "orders"), CredentialsSource.folder(folder))) {
            assertFails(store::check, Kind.CREDENTIALS);

            Files.writeString(folder.resolve("secret-access-key"), S3Server.SECRET_ACCESS_KEY);

            store.check();
        }
    }

    @Test
    void saysThatNobodyAnswers() throws IOException {
        String endpoint;
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            endpoint = "http://127.0.0.1:" + closed.getLocalPort();
        }
        try (ReplicaStore store = open(url("backups", endpoint), keys("a", "b"))) {
            for (ThrowingCallable use : uses(store)) {
                assertFails(use, Kind.UNREACHABLE, "no answer from " + endpoint, "NetworkPolicies");
            }
        }
        assertThat(pool.usedBytes()).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "403, AccessDenied, FORBIDDEN, s3:PutObject",
        "403, InvalidAccessKeyId, CREDENTIALS, correct the keys",
        "403, RequestTimeTooSkewed, CREDENTIALS, correct the clock",
        "503, SlowDown, UNREACHABLE, try again later",
        "500, InternalError, UNREACHABLE, try again later",
        "400, AuthorizationHeaderMalformed, OTHER, the bucket's region?",
        "301, PermanentRedirect, OTHER, the bucket's region?",
        "409, ConditionalRequestConflict, OTHER, another writer",
        "501, NotImplemented, OTHER, If-None-Match",
        "418, Teapot, OTHER, Teapot"
    })
    void understandsTheAnswersOfOtherServers(int status, String code, Kind kind, String saying) throws Exception {
        String body = "<?xml version=\"1.0\"?><Error><Code>%s</Code><Message>no</Message></Error>".formatted(code);
        try (AnswerAlways other = new AnswerAlways(status, "application/xml", body);
                ReplicaStore store = open(url("backups", other.endpoint()), keys("a", "b"))) {
            for (ThrowingCallable use : uses(store)) {
                assertFails(use, kind, code, saying);
            }
        }
    }

    @Test
    void noticesThatAServerDoesNotSpeakS3() throws Exception {
        try (AnswerAlways other = new AnswerAlways(404, "text/html", "<h1>It works</h1>");
                ReplicaStore store = open(url("backups", other.endpoint()), keys("a", "b"))) {
            for (ThrowingCallable use : uses(store)) {
                assertFails(use, Kind.OTHER, "did not answer like an S3 server");
            }
        }
        try (AnswerAlways proxy = new AnswerAlways(502, "text/html", "<h1>Bad gateway</h1>");
                ReplicaStore store = open(url("backups", proxy.endpoint()), keys("a", "b"))) {
            assertFails(store::check, Kind.UNREACHABLE, "502");
        }
    }

    @Test
    void aWriteWhoseAnswerWasLostIsFoundByTheNextAttempt() throws IOException {
        Path bucket = server.bucket("lost-answers");
        for (int size : new int[] {1000, LARGE}) {
            try (FaultyProxy proxy = new FaultyProxy(server.port());
                    ReplicaStore store = open(url("lost-answers", proxy.endpoint()), server.credentials())) {
                LtxFileName name = LtxFileName.of(new TxId(size));
                try (Upload upload = store.createStreaming(0, name, TIME, 1 << 30, folder)) {
                    upload.write(ByteBuffer.allocate(size));
                    proxy.inject(Fault.LOSE_ANSWERS);
                    assertFails(upload::commit, Kind.UNREACHABLE, proxy.endpoint());
                    proxy.inject(Fault.NONE);
                }

                if (Files.exists(bucket.resolve("orders/0000").resolve(name.toString()))) {
                    assertThat(store.create(0, name, TIME, source(size))).isEqualTo(CreateResult.EXISTS);
                } else {
                    assertThat(store.create(0, name, TIME, source(size))).isEqualTo(CreateResult.CREATED);
                }
                List<Long> sizes = new ArrayList<>();
                store.list(0, file -> sizes.add(file.sizeBytes()));
                assertThat(sizes).contains((long) size);
            }
        }
        assertThat(Files.exists(bucket.resolve("orders/0000").resolve(LtxFileName.of(new TxId(1000)) + "")))
                .isTrue();
    }

    /** The request as a whole succeeds. */
    @Test
    void saysWhichFilesMayNotBeDeleted() throws IOException {
        byte[] answer = """
            <DeleteResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Error><Key>orders/0000/gone</Key><Code>NoSuchKey</Code><Message>no such key</Message></Error>
            <Error><Key>orders/0000/locked</Key><Code>AccessDenied</Code><Message>Object is WORM protected</Message></Error>
            </DeleteResult>\
            """.getBytes(StandardCharsets.UTF_8);
        HttpServer stub = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        stub.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                exchange.getResponseHeaders().add("Content-Type", "application/xml");
                exchange.sendResponseHeaders(200, answer.length);
                exchange.getResponseBody().write(answer);
            }
        });
        stub.start();
        String endpoint = "http://127.0.0.1:" + stub.getAddress().getPort();
        try (ReplicaStore store = open(url("locked", endpoint), server.credentials())) {
            assertFails(
                    () -> store.delete(List.of(new ReplicaFile(0, NAME, 1000, TIME))),
                    Kind.FORBIDDEN,
                    "AccessDenied (Object is WORM protected) for orders/0000/locked",
                    "allow s3:DeleteObject on bucket 'locked', or keep everything: snapshot.retention Never");
            assertThat(store.requests().failures()).isEqualTo(1);
        } finally {
            stub.stop(0);
        }
    }

    @Test
    void saysThatAConnectionBrokeWhileReading() throws IOException {
        server.bucket("broken-reads");
        try (FaultyProxy proxy = new FaultyProxy(server.port());
                ReplicaStore store = open(url("broken-reads", proxy.endpoint()), server.credentials())) {
            store.create(0, NAME, TIME, source(LARGE));
            ReplicaFile file = new ReplicaFile(0, NAME, LARGE, TIME);
            proxy.inject(Fault.BREAK_ANSWERS);

            try (InputStream in = store.open(file, 0)) {
                assertFails(in::readAllBytes, Kind.UNREACHABLE, proxy.endpoint());
            }

            proxy.inject(Fault.NONE);
            try (InputStream in = store.open(file, 1_000_000)) {
                assertThat(in.readAllBytes()).hasSize(LARGE - 1_000_000);
            }
        }
    }

    @Test
    void worksAgainWhenTheServerIsBack() throws IOException {
        try (S3Server unsteady = S3Server.start()) {
            unsteady.bucket("backups");
            try (ReplicaStore store = open(unsteady.url("backups", "orders"), unsteady.credentials())) {
                store.create(0, NAME, TIME, source(1000));

                unsteady.stop();
                assertFails(() -> store.create(0, NAME, TIME, source(1000)), Kind.UNREACHABLE);
                unsteady.restart();

                assertThat(store.create(0, NAME, TIME, source(1000))).isEqualTo(CreateResult.EXISTS);
            }
        }
    }

    @Test
    void doesNotWaitForeverForAServerThatHangs() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
                ReplicaStores stores = new ReplicaStores(keys("a", "b"), pool, new S3Http(Duration.ofMillis(200)));
                ReplicaStore store = stores.open(url("backups", "http://127.0.0.1:" + silent.getLocalPort()))) {
            for (ThrowingCallable use : uses(store)) {
                assertFails(use, Kind.UNREACHABLE, "no answer from http://127.0.0.1");
            }
        }
    }

    @Test
    void aStoreThatIsClosedBreaksOffWhatItDoes() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            ReplicaStore store = open(url("backups", "http://127.0.0.1:" + silent.getLocalPort()), keys("a", "b"));
            FutureTask<Throwable> waiting = new FutureTask<>(() -> catchThrowable(store::check));
            Thread.ofVirtual().start(waiting);
            silent.accept();

            store.close();

            assertThat(waiting.get(20, TimeUnit.SECONDS)).isInstanceOf(StoreException.class);
        }
    }

    @Test
    void keepsTheSessionTokenOutOfFailures() throws Exception {
        String body = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>no</Message></Error>";
        CredentialsSource temporary = new EnvironmentCredentials(Map.of(
                "AWS_ACCESS_KEY_ID", "a", "AWS_SECRET_ACCESS_KEY", "hidden-key", "AWS_SESSION_TOKEN", "hidden-token"));
        try (AnswerAlways other = new AnswerAlways(403, "application/xml", body);
                ReplicaStore store = open(url("backups", other.endpoint()), temporary)) {
            for (ThrowingCallable use : uses(store)) {
                StringWriter trace = new StringWriter();
                catchThrowable(use).printStackTrace(new PrintWriter(trace));
                assertThat(trace.toString()).contains("AccessDenied").doesNotContain("hidden");
            }
        }
    }

    @Test
    void failsAtOnceWhenClosed() throws IOException {
        server.bucket("closed");
        ReplicaStore store = open(server.url("closed", "orders"), server.credentials());
        store.check();
        store.close();

        assertThatThrownBy(store::check).isInstanceOf(StoreException.class);
    }

    /** A server that gives one answer to everything. */
    private static final class AnswerAlways implements AutoCloseable {
        private final HttpServer http;

        AnswerAlways(int status, String contentType, String body) throws IOException {
            http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            http.createContext("/", exchange -> {
                try (exchange) {
                    exchange.getRequestBody().readAllBytes();
                    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                    exchange.getResponseHeaders().set("Content-Type", contentType);
                    exchange.sendResponseHeaders(status, bytes.length);
                    exchange.getResponseBody().write(bytes);
                }
            });
            http.start();
        }

        String endpoint() {
            return "http://127.0.0.1:" + http.getAddress().getPort();
        }

        @Override
        public void close() {
            http.stop(0);
        }
    }
}
