package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.testing.ChildJvm;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.wal.WalOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * What an app feels of the sidecar that replicates its database to S3: nothing. {@code -Dunfelt.seconds} says for how
 * long. Other load on the machine is felt, too: what is out of bounds must be so in each of three attempts.
 */
@Tag("e2e")
class UnfeltTest {
    private static final int SECONDS = Integer.getInteger("unfelt.seconds", 20);
    private static final int ATTEMPTS = 3;
    private static final int FRAME_BYTES = 4096 + 24;
    private static final long FINISH_BYTES = (long) WalOptions.DEFAULTS.finishPages() * FRAME_BYTES;
    private static final Pattern RESULT =
            Pattern.compile("transactions=(\\d+) fastest=(\\d+) seconds=([\\d.]+) bytes=(\\d+) busy=(\\d+)"
                    + " snapshot=(\\d+) checkpointBusy=(\\d+) checkpoints=\\[([\\d,]*)]");

    @TempDir(factory = InMemory.class)
    private Path folder;

    private S3Server server;

    @BeforeEach
    void startServer() {
        server = S3Server.start();
        server.bucket("unfelt");
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    /** A slow disk of the machine is not what is asked about. */
    static final class InMemory implements TempDirFactory {
        private static final Path SHM = Path.of("/dev/shm");

        @Override
        public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context) throws IOException {
            return Files.isWritable(SHM)
                    ? Files.createTempDirectory(SHM, "unfelt")
                    : Files.createTempDirectory("unfelt");
        }
    }

    /** An app, and what it said. */
    private record Felt(
            long transactions,
            long fastestSecond,
            double seconds,
            double bytes,
            long busy,
            long snapshotBusy,
            long checkpointBusy,
            List<Long> checkpointMillis) {
        static Felt of(Process app) throws Exception {
            try (BufferedReader out = app.inputReader()) {
                Matcher result = RESULT.matcher(String.valueOf(out.readLine()));
                assertThat(result.matches()).as("the app's result").isTrue();
                return new Felt(
                        Long.parseLong(result.group(1)),
                        Long.parseLong(result.group(2)),
                        Double.parseDouble(result.group(3)),
                        Double.parseDouble(result.group(4)),
                        Long.parseLong(result.group(5)),
                        Long.parseLong(result.group(6)),
                        Long.parseLong(result.group(7)),
                        Arrays.stream(result.group(8).split(",", -1))
                                .filter(text -> !text.isEmpty())
                                .map(Long::valueOf)
                                .toList());
            }
        }
    }

    /** One attempt, in a folder of its own. */
    private interface Attempt {
        void in(Path place) throws Exception;
    }

    private void inOneOfSomeAttempts(Attempt attempt) throws Exception {
        for (int left = ATTEMPTS; left > 0; left--) {
            try {
                attempt.in(Files.createTempDirectory(folder, "attempt"));
                return;
            } catch (AssertionError e) {
                if (left == 1) {
                    throw e;
                }
                System.out.println("UnfeltTest: out of bounds, load "
                        + Files.readString(Path.of("/proc/loadavg")).strip() + ": " + e.getMessage());
            }
        }
    }

    @Test
    void neverMakesAnAppWaitThatPausesNowAndThen() throws Exception {
        inOneOfSomeAttempts(this::pausingApps);
    }

    @Test
    void boundsTheLogOfAnAppThatNeverPausesAndHoldsItBriefly() throws Exception {
        inOneOfSomeAttempts(place -> appThatNeverPauses(place, 0));
    }

    /** It has the write lock nearly all the time. */
    @Test
    void boundsTheLogOfAnAppWhoseTransactionsAreLongAndFollowEachOther() throws Exception {
        inOneOfSomeAttempts(place -> appThatNeverPauses(place, 15));
    }

    private void pausingApps(Path place) throws Exception {
        List<Path> databases = List.of(create(place, "calm"), create(place, "brisk"), create(place, "checkpointing"));
        try (SidecarProcess sidecar = start(place, databases)) {
            List<Process> apps = new ArrayList<>();
            apps.add(app(databases.get(0), 100, 0, 0, 0));
            apps.add(app(databases.get(1), 500, 0, 0, 0));
            apps.add(app(databases.get(2), 50, 5000, 1, 0));
            List<Felt> felt = new ArrayList<>();
            for (Process app : apps) {
                felt.add(Felt.of(app));
            }

            for (int i = 0; i < 2; i++) {
                report(sidecar, databases.get(i), felt.get(i));
                assertThat(felt.get(i).busy()).as("SQLITE_BUSY").isZero();
                assertThat(felt.get(i).snapshotBusy())
                        .as("SQLITE_BUSY_SNAPSHOT")
                        .isZero();
                assertThat(metric(sidecar, "wal_barriers_total", databases.get(i)))
                        .isZero();
                assertThat(log(databases.get(i))).isLessThanOrEqualTo(3 * FINISH_BYTES);
            }
            report(sidecar, databases.get(2), felt.get(2));
            List<Long> millis = felt.get(2).checkpointMillis();
            assertThat(millis).hasSizeGreaterThan(SECONDS / 3);
            assertThat(felt.get(2).busy() + felt.get(2).checkpointBusy()).isZero();
            assertThat(millis.get(millis.size() * 3 / 4))
                    .as("three of four of the app's checkpoints in ms, of %s", millis)
                    .isLessThanOrEqualTo(300);
            assertThat(sidecar.stop()).as(sidecar.log()).isZero();
        }
    }

    private void appThatNeverPauses(Path place, int transactionMillis) throws Exception {
        Path database = create(place, "busy");
        try (SidecarProcess sidecar = start(place, List.of(database))) {
            Felt felt = Felt.of(app(database, 0, 5000, 0, transactionMillis));

            report(sidecar, database, felt);
            // SQLite calls no busy handler for a transaction that began by reading: one may meet a barrier.
            assertThat((double) felt.busy())
                    .as("SQLITE_BUSY")
                    .isLessThanOrEqualTo(metric(sidecar, "wal_barriers_total", database));
            assertThat(felt.snapshotBusy()).as("SQLITE_BUSY_SNAPSHOT").isZero();
            // Its speed varies, and the log is as long as the app was fast then.
            double written = felt.fastestSecond() * felt.bytes();
            assertThat((double) log(database))
                    .as("log, with %.0f bytes in the fastest second", written)
                    .isLessThanOrEqualTo(written + Math.max(written, 4.0 * FINISH_BYTES));
            assertThat(metric(sidecar, "wal_barriers_total", database))
                    .as("barriers, one a second")
                    .isLessThanOrEqualTo(felt.seconds() + SteadyApp.WARM_UP_SECONDS + 1);
            assertThat(sidecar.quantile("wal_barrier_seconds", name(database), 0.5))
                    .as("every second barrier, in seconds")
                    .isLessThanOrEqualTo(0.1);
            assertThat(sidecar.stop()).as(sidecar.log()).isZero();
        }
    }

    private static Path create(Path place, String name) throws Exception {
        Path database = place.resolve(name + ".db");
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)");
        }
        return database;
    }

    private SidecarProcess start(Path place, List<Path> databases) throws Exception {
        SidecarProcess sidecar = SidecarProcess.start(
                place,
                Map.of(
                        "AWS_ACCESS_KEY_ID", S3Server.ACCESS_KEY_ID,
                        "AWS_SECRET_ACCESS_KEY", S3Server.SECRET_ACCESS_KEY),
                server.url("unfelt", place.getFileName().toString()).toString(),
                databases);
        sidecar.awaitReplicating(databases.size());
        return sidecar;
    }

    private static Process app(Path database, int rate, int busyTimeoutMillis, int checkpoints, int transactionMillis)
            throws Exception {
        return ChildJvm.start(
                List.of("-Xmx64m", "-XX:+UseSerialGC"),
                SteadyApp.class,
                database.toString(),
                Integer.toString(rate),
                Integer.toString(SECONDS),
                Integer.toString(busyTimeoutMillis),
                Integer.toString(checkpoints),
                Integer.toString(transactionMillis));
    }

    private static String name(Path database) {
        return database.getFileName().toString();
    }

    private static double metric(SidecarProcess sidecar, String metric, Path database) throws Exception {
        return sidecar.metric(metric, name(database));
    }

    /** The log's file never shrinks but by the app's TRUNCATE: its size is the most it ever was. */
    private static long log(Path database) throws Exception {
        return Files.size(database.resolveSibling(database.getFileName() + "-wal"));
    }

    private static void report(SidecarProcess sidecar, Path database, Felt felt) throws Exception {
        List<Long> millis = felt.checkpointMillis();
        System.out.printf(
                "UnfeltTest: %s tx/s=%.0f busy=%d busy_snapshot=%d wal_mb=%.1f fastest_second_mb=%.1f finishes=%.0f"
                    + " barriers=%.0f refused=%.0f held_p50_s<=%s held_p99_s<=%s sidecar_busy=%.0f app_checkpoints=%d"
                    + " busy=%d median_ms=%d max_ms=%d%n",
                name(database),
                felt.transactions() / felt.seconds(),
                felt.busy(),
                felt.snapshotBusy(),
                log(database) / 1e6,
                felt.fastestSecond() * felt.bytes() / 1e6,
                metric(sidecar, "wal_finishes_total", database),
                metric(sidecar, "wal_barriers_total", database),
                metric(sidecar, "wal_barriers_refused_total", database),
                sidecar.quantile("wal_barrier_seconds", name(database), 0.5),
                sidecar.quantile("wal_barrier_seconds", name(database), 0.99),
                metric(sidecar, "wal_busy_total", database),
                millis.size(),
                felt.checkpointBusy(),
                millis.isEmpty() ? 0 : millis.get(millis.size() / 2),
                millis.isEmpty() ? 0 : millis.getLast());
    }
}
