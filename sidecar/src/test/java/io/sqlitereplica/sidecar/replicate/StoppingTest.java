package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.testing.FaultyProxy;
import io.sqlitereplica.sidecar.testing.FaultyProxy.Fault;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.testing.SidecarProcess;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** SIGTERM, with a bucket that works or does not: exit code and termination message say what is true. */
class StoppingTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration GRACE = Duration.ofSeconds(30);
    private static final Duration SHORT_GRACE = Duration.ofSeconds(2);
    private static final int KILLED = 128 + 9;
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    @AutoClose
    private static S3Server server;

    private final String bucket = "stopping-" + BUCKETS.incrementAndGet();

    @TempDir
    private Path folder;

    private Path database;
    private FaultyProxy proxy;
    private Replica replica;

    @BeforeAll
    static void startServer() {
        server = S3Server.start();
    }

    @BeforeEach
    void openReplica() {
        database = folder.resolve("app.db");
        server.bucket(bucket);
        proxy = new FaultyProxy(server.port());
        replica = new Replica(server, bucket, folder);
    }

    @AfterEach
    void closeReplica() {
        replica.close();
        proxy.close();
    }

    private SidecarProcess start() throws IOException {
        SidecarProcess sidecar = SidecarProcess.start(
                folder,
                new SidecarProcess.Settings(
                        database,
                        "s3://%s/app?endpoint=%s&region=%s".formatted(bucket, proxy.endpoint(), S3Server.REGION)));
        sidecar.awaitReplicating();
        return sidecar;
    }

    private void assertShippedByTheNextStart(App app) throws Exception {
        proxy.inject(Fault.NONE);
        try (SidecarProcess next = start()) {
            await().atMost(LONG).until(next::ship);
            replica.assertSameAs(app);
            assertThat(next.log()).doesNotContain("LocalRowsLost");
            assertThat(next.stopWithin(GRACE)).as(next.log()).isZero();
        }
    }

    @Test
    void shipsEverythingToABucketThatIsSlow() throws Exception {
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start()) {
            proxy.inject(Fault.DELAY);
            app.fill(100);
            app.sql("INSERT INTO log VALUES (1, 'the last')");

            assertThat(sidecar.stopWithin(GRACE)).as(sidecar.log()).isZero();
            assertThat(sidecar.terminationMessage()).isEmpty();
            replica.assertSameAs(app);
        }
    }

    /** Whether two seconds suffice is the machine's business; what is said then is ours. */
    @Test
    void saysWhatIsTrueWhenItHasTwoSeconds() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            try (SidecarProcess sidecar = start()) {
                app.fill(2000);
                int exitCode = sidecar.stopWithin(SHORT_GRACE);
                assertThat(exitCode).isIn(0, KILLED);
                if (sidecar.terminationMessage().isEmpty()) {
                    boolean began = sidecar.log().contains("stopping:"); // a machine can be busy for two seconds
                    assertThat(began || exitCode == KILLED).isTrue();
                    if (began) {
                        replica.assertSameAs(app);
                    }
                } else {
                    assertThat(exitCode).isEqualTo(KILLED);
                    assertThat(sidecar.terminationMessage()).contains("database app");
                }
            }
            assertShippedByTheNextStart(app);
        }
    }

    @Test
    void leavesAMessageWhenItIsKilledWithSomethingUnshipped() throws Exception {
        try (App app = App.create(database, 4096)) {
            try (SidecarProcess sidecar = start()) {
                proxy.inject(Fault.SLOW_DOWN);
                app.sql("INSERT INTO log VALUES (1, 'not shipped')");
                await().atMost(LONG).until(() -> sidecar.error().contains("SlowDown"));

                sidecar.terminate();
                await().atMost(LONG).until(() -> !sidecar.terminationMessage().isEmpty());
                assertThat(sidecar.stopWithin(SHORT_GRACE)).isNotZero();
                assertThat(sidecar.terminationMessage())
                        .contains("before everything that was committed was known to be in the replica")
                        .contains("database app is staged up to TXID 0000000000000002")
                        .contains("its replica at TXID 0000000000000001")
                        .contains("SlowDown");
            }
            assertShippedByTheNextStart(app);
        }
    }

    @Test
    void endsAtOnceAtTheSecondSignal() throws Exception {
        try (App app = App.create(database, 4096)) {
            try (SidecarProcess sidecar = start()) {
                proxy.inject(Fault.HANG);
                app.sql("INSERT INTO log VALUES (1, 'not shipped')");
                await().atMost(LONG)
                        .until(() -> sidecar.status().get("lagSeconds").asDouble() > 0);
                sidecar.terminate();
                await().atMost(LONG).until(() -> !sidecar.terminationMessage().isEmpty());

                sidecar.terminate();

                assertThat(sidecar.exitCode()).isEqualTo(1);
                assertThat(sidecar.log()).contains("ended at once");
                assertThat(sidecar.terminationMessage()).contains("database app");
            }
            assertShippedByTheNextStart(app);
        }
    }

    @Tag("e2e")
    @Test
    void endsWithinTheGracePeriodOfAPodWhateverTheBucketDoes() throws Exception {
        try (App app = App.create(database, 4096)) {
            int n = 0;
            for (Fault fault : new Fault[] {Fault.RESET, Fault.HANG, Fault.HANG_ANSWERS}) {
                try (SidecarProcess sidecar = start()) {
                    await().atMost(LONG).until(sidecar::ship);
                    proxy.inject(fault);
                    app.sql("INSERT INTO log VALUES (" + ++n + ", 'not shipped')");
                    await().atMost(LONG)
                            .until(() -> sidecar.status().get("lagSeconds").asDouble() > 0);

                    assertThat(sidecar.stopWithin(GRACE))
                            .as(fault + sidecar.log())
                            .isEqualTo(1);
                    assertThat(sidecar.terminationMessage())
                            .contains("is known to be in the replica")
                            .contains("The next start ships it");
                    proxy.inject(Fault.NONE);
                }
            }
            assertShippedByTheNextStart(app);
        }
    }

    @Test
    void answersTheHookWhenItIsDone() throws Exception {
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start()) {
            app.sql("INSERT INTO log VALUES (1, 'shipped at once')");
            assertThat(sidecar.get("/prestop").join().statusCode()).isEqualTo(200);
            replica.assertSameAs(app);

            proxy.inject(Fault.INTERNAL_ERROR);
            app.sql("INSERT INTO log VALUES (2, 'not yet')");
            await().atMost(LONG).until(() -> sidecar.error().contains("InternalError"));
            CompletableFuture<HttpResponse<String>> answer = sidecar.get("/prestop");
            int asked = proxy.requests();
            await().atMost(LONG).until(() -> proxy.requests() > asked);
            assertThat(answer).isNotDone();

            proxy.inject(Fault.NONE);
            assertThat(answer.join().statusCode()).isEqualTo(200);
            replica.assertSameAs(app);
        }
    }
}
