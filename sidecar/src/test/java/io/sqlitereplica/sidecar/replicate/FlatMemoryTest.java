package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.cli.Main;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.testing.SidecarProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A large database needs as much memory as a small one: to snapshot it, to ship a transaction with all its pages, to
 * restore it. Looked at all the time, as what grows may be gone in the end.
 */
@Timeout(value = 4, unit = TimeUnit.MINUTES)
class FlatMemoryTest {
    private static final int SMALL_MIB = 50;
    private static final int LARGE_MIB = 300;
    private static final long MIB = 1 << 20;

    /** One collection with an entry of 16 bytes for each of the 64,000 pages by which the one has more. */
    private static final long HEAP_TOLERANCE_BYTES = MIB;

    /** The compiler's and the C library's, from run to run. */
    private static final long ANON_TOLERANCE_BYTES = 8 * MIB;

    @TempDir
    private Path folder;

    /** The most there was of what is reachable, and of anonymous memory. */
    private record Peak(long liveHeapBytes, long anonBytes) {
        void assertAbout(String what, Peak small) {
            assertThat(liveHeapBytes)
                    .as("live heap: " + what)
                    .isBetween(MIB, small.liveHeapBytes + HEAP_TOLERANCE_BYTES);
            assertThat(anonBytes).as("RssAnon: " + what).isBetween(MIB, small.anonBytes + ANON_TOLERANCE_BYTES);
        }
    }

    private record Peaks(Peak snapshot, Peak transaction, Peak restore) {}

    @Test
    void doesNotGrowWithTheDatabase() throws Exception {
        try (S3Server server = S3Server.start()) {
            server.bucket("flat");
            Peaks small = peaks(server, SMALL_MIB);
            Peaks large = peaks(server, LARGE_MIB);

            large.snapshot.assertAbout("snapshot", small.snapshot);
            large.transaction.assertAbout("one transaction", small.transaction);
            large.restore.assertAbout("restore", small.restore);
        }
    }

    private Peaks peaks(S3Server server, int mib) throws Exception {
        Path database = folder.resolve(mib + ".db");
        String url = server.url("flat", "of-" + mib).toString();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement app = connection.createStatement()) {
            fill(app, mib);
            try (SidecarProcess sidecar = SidecarProcess.start(folder, new SidecarProcess.Settings(database, url))) {
                Peak snapshot = during(sidecar.pid(), () -> {
                    sidecar.awaitReplicating();
                    return true;
                });
                Peak transaction = during(sidecar.pid(), () -> {
                    app.execute("UPDATE t SET n = n + 1");
                    return sidecar.ship();
                });
                sidecar.terminate();
                assertThat(sidecar.exitCode()).as(sidecar.log()).isZero();
                return new Peaks(snapshot, transaction, restore(url, mib));
            }
        }
    }

    private static void fill(Statement app, int mib) throws SQLException {
        app.execute("PRAGMA journal_mode=WAL");
        app.execute("PRAGMA synchronous=OFF");
        app.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, b BLOB)");
        app.execute("WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c LIMIT " + mib * 256
                + ") INSERT INTO t SELECT i, 0, randomblob(2000) || zeroblob(1900) FROM c");
        app.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    }

    private Peak restore(String url, int mib) throws Exception {
        Path target = folder.resolve(mib + "-restored.db");
        Process process = ChildJvm.start(
                Main.class,
                io.sqlitereplica.sidecar.testing.ChildJvm.SMALL,
                List.of("restore", "--from", url, "--to", target.toString()),
                folder.resolve("restore.log"),
                Map.of(
                        "AWS_ACCESS_KEY_ID", S3Server.ACCESS_KEY_ID,
                        "AWS_SECRET_ACCESS_KEY", S3Server.SECRET_ACCESS_KEY));
        Peak peak = during(process.pid(), () -> process.waitFor() == 0);
        assertThat(process.exitValue())
                .as(Files.readString(folder.resolve("restore.log")))
                .isZero();
        assertThat(Files.size(target)).isGreaterThan(mib * MIB);
        return peak;
    }

    private static Peak during(long pid, Callable<Boolean> work) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Boolean> working = threads.submit(work);
            Future<Long> liveHeap = threads.submit(() -> {
                long most = 0;
                while (!working.isDone()) {
                    most = Math.max(most, liveHeapBytes(pid));
                    LockSupport.parkNanos(200_000_000);
                }
                return most;
            });
            long anon = 0;
            while (!working.isDone()) {
                anon = Math.max(anon, anonBytes(pid));
                LockSupport.parkNanos(20_000_000);
            }
            assertThat(working.get()).isTrue();
            return new Peak(liveHeap.get(), anon);
        }
    }

    /** After a full collection; 0: the process does not run. */
    private static long liveHeapBytes(long pid) throws IOException {
        Process histogram = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader out = histogram.inputReader()) {
            return out.lines()
                    .filter(line -> line.startsWith("Total"))
                    .mapToLong(line -> Long.parseLong(line.strip().split("\\s+", -1)[2]))
                    .findFirst()
                    .orElse(0);
        }
    }

    /** 0: the process has ended. */
    private static long anonBytes(long pid) throws IOException {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
                    .findFirst()
                    .orElse(0);
        } catch (NoSuchFileException e) {
            return 0;
        }
    }
}
