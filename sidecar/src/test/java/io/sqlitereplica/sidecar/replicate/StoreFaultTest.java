package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.testing.FaultyProxy;
import io.sqlitereplica.sidecar.testing.FaultyProxy.Fault;
import io.sqlitereplica.sidecar.testing.FaultyProxy.Operation;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.testing.SidecarProcess;
import io.sqlitereplica.sidecar.testing.SidecarProcess.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Duration;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bucket fails in every way that a bucket fails: nothing is lost, nothing is overwritten, nothing is left behind. */
class StoreFaultTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int ROUNDS = Integer.getInteger("kills", 20);
    private static final List<Fault> FAULTS = List.of(Fault.values());
    private static final Set<Fault> LOSING_ANSWERS = EnumSet.of(
            Fault.LOSE_ANSWERS, Fault.REPEAT, Fault.BREAK_ANSWERS, Fault.TRUNCATE_ANSWERS, Fault.HANG_ANSWERS);
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    @AutoClose
    private static S3Server server;

    private final String bucket = "faults-" + BUCKETS.incrementAndGet();
    private final Map<Path, String> etags = new HashMap<>();

    @TempDir
    private Path folder;

    private Path database;
    private Path objects;
    private FaultyProxy proxy;
    private Replica replica;

    @BeforeAll
    static void startServer() {
        server = S3Server.start();
    }

    @BeforeEach
    void openReplica() {
        database = folder.resolve("app.db");
        objects = server.bucket(bucket);
        proxy = new FaultyProxy(server.port());
        replica = new Replica(server, bucket, folder);
    }

    @AfterEach
    void closeReplica() {
        replica.close();
        proxy.close();
    }

    private Settings settings() {
        return new Settings(
                database, "s3://%s/app?endpoint=%s&region=%s".formatted(bucket, proxy.endpoint(), S3Server.REGION));
    }

    /** Replicates a first time without faults. */
    private SidecarProcess start(Settings settings) throws IOException {
        SidecarProcess sidecar = SidecarProcess.start(folder, settings);
        sidecar.awaitReplicating();
        return sidecar;
    }

    private void assertNothingIsLost(SidecarProcess sidecar, App app) throws IOException {
        try {
            await().atMost(LONG).until(() -> sidecar.state().equals("replicating") && sidecar.ship());
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(sidecar.status() + "\n" + sidecar.log(), e);
        }
        assertThat(sidecar.error()).isEmpty();
        assertThat(sidecar.status().get("lagSeconds").asDouble()).isZero();
        assertThat(sidecar.log()).doesNotContain("LocalRowsLost");
        replica.assertSameAs(app);
        assertNothingWasOverwritten();
        assertNoUploadIsLeft();
    }

    /** An object has the ETag that it had whenever we looked before. */
    private void assertNothingWasOverwritten() throws IOException {
        try (Stream<Path> files = Files.walk(objects)) {
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().endsWith(".ltx"))::iterator) {
                String etag = etag(file);
                assertThat(etag).as(file.toString()).isEqualTo(etags.computeIfAbsent(file, _ -> etag));
            }
        } catch (UncheckedIOException e) {
            // the server's temporary files come and go: the next look sees more
        }
    }

    /** The server keeps it as an extended attribute. */
    private static String etag(Path object) throws IOException {
        UserDefinedFileAttributeView attributes =
                Files.getFileAttributeView(object, UserDefinedFileAttributeView.class);
        ByteBuffer value = ByteBuffer.allocate(attributes.size("etag"));
        attributes.read("etag", value);
        return new String(value.array(), StandardCharsets.UTF_8);
    }

    /** The server keeps the parts of unfinished uploads below a folder of its own. */
    private void assertNoUploadIsLeft() throws IOException {
        await().atMost(LONG)
                .ignoreExceptionsMatching(e -> e instanceof FileSystemException)
                .until(() -> {
                    try (Stream<Path> files = Files.walk(objects)) {
                        return files.filter(Files::isRegularFile)
                                .allMatch(path -> path.toString().endsWith(".ltx") || path.endsWith("owner.json"));
                    }
                });
    }

    @Test
    void namesTheCauseOfEachFaultAndShipsWhenItEnds() throws Exception {
        Map<Fault, String> causes = new EnumMap<>(Fault.class);
        causes.put(Fault.RESET, "no answer from " + proxy.endpoint());
        causes.put(Fault.BREAK_REQUESTS, "no answer from " + proxy.endpoint());
        causes.put(Fault.LOSE_ANSWERS, "no answer from " + proxy.endpoint());
        causes.put(Fault.REQUEST_TIMEOUT, "RequestTimeout");
        causes.put(Fault.TOO_MANY_REQUESTS, "TooManyRequests");
        causes.put(Fault.INTERNAL_ERROR, "InternalError");
        causes.put(Fault.SERVICE_UNAVAILABLE, "ServiceUnavailable");
        causes.put(Fault.SLOW_DOWN, "SlowDown");
        causes.put(Fault.CLOCK_SKEWED, "correct the clock");
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start(settings())) {
            int n = 0;
            for (Map.Entry<Fault, String> fault : causes.entrySet()) {
                proxy.inject(fault.getKey());
                app.sql("INSERT INTO log VALUES (" + ++n + ", '" + fault.getKey() + "')");
                await().atMost(LONG).until(() -> sidecar.error().contains(fault.getValue()));
                assertThat(sidecar.status().get("lagSeconds").asDouble()).isPositive();
                assertThat(sidecar.state()).isEqualTo("replicating");

                proxy.inject(Fault.NONE);
                assertThat(sidecar.ship()).isTrue();
                assertThat(sidecar.error()).isEmpty();
                assertNothingWasOverwritten();
            }
            proxy.refuseConnections();
            app.sql("INSERT INTO log VALUES (" + ++n + ", 'refused')");
            await().atMost(LONG).until(() -> sidecar.error().contains("no answer from " + proxy.endpoint()));
            proxy.acceptConnections();
            assertNothingIsLost(sidecar, app);
            assertThat(replica.files(0)).hasSize(n); // each was one commit
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"LOSE_ANSWERS", "REPEAT"})
    void takesWhatItStreamedForItsOwnWhenTheAnswerIsLost(Fault fault) throws Exception {
        loseAnAnswerOfEachKind(fault, 100_000, 2_000); // more than a part
    }

    @Tag("e2e")
    @ParameterizedTest
    @EnumSource(names = {"LOSE_ANSWERS", "REPEAT"})
    void takesWhatItStagedForItsOwnWhenTheAnswerIsLost(Fault fault) throws Exception {
        loseAnAnswerOfEachKind(fault, 64 << 20, 6_000); // more than is sent by a single PUT
    }

    private void loseAnAnswerOfEachKind(Fault fault, long maxStagedBytes, int rows) throws Exception {
        Set<Operation> lost = EnumSet.noneOf(Operation.class);
        Set<Operation> toLose = EnumSet.of(Operation.PUT, Operation.PUT_PART, Operation.COMPLETE_UPLOAD);
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start(settings().withMaxStagedBytes(maxStagedBytes))) {
            proxy.inject(operation -> toLose.contains(operation) && lost.add(operation) ? fault : Fault.NONE);
            app.fill(rows);
            await().atMost(LONG).until(sidecar::ship);
            app.sql("INSERT INTO log VALUES (1, 'a single PUT')");
            assertNothingIsLost(sidecar, app);
            assertThat(lost).isEqualTo(toLose);
            assertThat(replica.files(9)).hasSize(1);
        }
    }

    @Test
    void throwsAwayAnUploadThatFailedAsSoonAsTheStoreIsBack() throws Exception {
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start(settings().withMaxStagedBytes(100_000))) {
            AtomicInteger parts = new AtomicInteger();
            proxy.inject(operation ->
                    operation == Operation.BEGIN_UPLOAD || parts.getAndIncrement() == 0 ? Fault.NONE : Fault.RESET);
            app.fill(2_000);
            await().atMost(LONG).until(() -> sidecar.log().contains("not thrown away yet"));

            proxy.inject(Fault.NONE);
            assertNothingIsLost(sidecar, app);
        }
    }

    @Test
    void asksLessAndLessOftenWhileTheStoreFails() throws Exception {
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start(settings())) {
            assertThat(sidecar.ship()).isTrue();
            proxy.inject(Fault.SLOW_DOWN);
            int before = proxy.requests();
            for (int i = 1; i <= 40; i++) {
                String txId = "%016x".formatted(i + 1);
                app.sql("INSERT INTO log VALUES (" + i + ", 'outage')");
                await().atMost(LONG)
                        .until(() -> sidecar.status().get("txid").asText().compareTo(txId) >= 0);
            }
            // Pauses that double from 100 ms to 10 s: it is the pauses that bound them, not what is committed.
            assertThat(proxy.requests() - before).isLessThan(20);

            proxy.inject(Fault.NONE);
            assertNothingIsLost(sidecar, app);
        }
    }

    @Tag("e2e")
    @Test
    void staysWithinItsRoomThroughAnOutageUnderLoad() throws Exception {
        outageUnderLoad(Duration.ofMinutes(1));
    }

    @Tag("long")
    @Test
    void staysWithinItsRoomThroughALongOutageUnderLoad() throws Exception {
        outageUnderLoad(Duration.parse(System.getProperty("outage", "PT2H")));
    }

    private void outageUnderLoad(Duration outage) throws Exception {
        long maxStagedBytes = 8 << 20;
        Path state = StateFolder.beside(database);
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start(settings().withMaxStagedBytes(maxStagedBytes))) {
            app.write(5, 500);
            assertThat(sidecar.ship()).isTrue();
            assertNothingWasOverwritten();
            proxy.inject(Fault.SERVICE_UNAVAILABLE);
            int before = proxy.requests();
            long end = System.nanoTime() + outage.toNanos();
            await().atMost(outage.plus(LONG))
                    .pollInterval(Duration.ofMillis(250))
                    .until(() -> {
                        // What is being written is bounded as what is staged, and copies aside by a part of that.
                        assertThat(bytesIn(state)).isLessThan(maxStagedBytes + maxStagedBytes / 2);
                        return System.nanoTime() - end > 0;
                    });
            assertThat(sidecar.log()).contains("staged files dropped for want of room");
            assertThat(sidecar.status().get("lagSeconds").asDouble()).isGreaterThan(outage.toSeconds() * 0.8);
            assertThat(proxy.requests() - before).isLessThan((int) (40 + outage.toSeconds() / 2));

            proxy.inject(Fault.NONE);
            await().atMost(LONG).until(() -> sidecar.error().isEmpty());
            app.pause();
            assertNothingIsLost(sidecar, app);
        }
    }

    /** Without those of {@code pages} and {@code position}, which are bounded by the database. */
    private static long bytesIn(Path state) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(state)) {
            for (Path file :
                    (Iterable<Path>) files.filter(path -> path.toString().matches(".*(ltx|tmp)"))::iterator) {
                bytes += Files.size(file);
            }
        } catch (NoSuchFileException e) {
            return bytes; // uploaded meanwhile, or dropped
        }
        return bytes;
    }

    @Tag("e2e")
    @Test
    void givesUpARequestThatHangs() throws Exception {
        try (App app = App.create(database, 4096);
                SidecarProcess sidecar = start(settings())) {
            proxy.inject(Fault.HANG);
            app.sql("INSERT INTO log VALUES (1, 'hangs')");
            await().atMost(LONG.multipliedBy(2)).until(() -> sidecar.error().contains("no answer from"));

            proxy.inject(Fault.NONE);
            assertNothingIsLost(sidecar, app);
        }
    }

    @Tag("deep")
    @Test
    void losesAndOverwritesNothingThroughRandomFaults() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("StoreFaultTest: -Dseed=" + seed + " -Dkills=" + ROUNDS);
        Random random = new Random(seed);
        long maxStagedBytes = random.nextBoolean() ? 300_000 : 64 << 20;
        try (App app = App.create(database, 512 << random.nextInt(8));
                SidecarProcess sidecar = start(settings()
                        .withMaxStagedBytes(maxStagedBytes)
                        .withSnapshotSeconds(random.nextBoolean() ? 2 : 3600))) {
            app.write(random.nextLong(), 3000);
            for (int round = 0; round < ROUNDS; round++) {
                proxy.inject(randomFaults(random));
                long goal = app.written() + 1 + random.nextInt(40);
                await().atMost(LONG).until(() -> app.written() >= goal);
                assertNothingWasOverwritten();
                if (random.nextInt(4) == 0) {
                    proxy.inject(Fault.NONE);
                    await().atMost(LONG).until(() -> sidecar.error().isEmpty());
                }
            }
            long written = app.pause();
            proxy.inject(Fault.NONE);
            assertNothingIsLost(sidecar, app);
            assertThat(replica.assertConsistent()).isEqualTo(written);
            List<Long> txIds = replica.files(0).stream()
                    .map(ReplicaFile::name)
                    .map(name -> name.min().value())
                    .toList();
            System.out.printf(
                    "StoreFaultTest: %d requests, %d transactions, %d files%n",
                    proxy.requests(), written, txIds.size());
        }
    }

    private static FaultyProxy.Plan randomFaults(Random random) {
        Fault fault = FAULTS.get(random.nextInt(FAULTS.size()));
        Random each = new Random(random.nextLong());
        // An upload whose id was lost cannot be thrown away.
        boolean losesAnswers = LOSING_ANSWERS.contains(fault);
        return operation -> {
            synchronized (each) {
                return each.nextInt(3) == 0 || (losesAnswers && operation == Operation.BEGIN_UPLOAD)
                        ? Fault.NONE
                        : fault;
            }
        };
    }
}
