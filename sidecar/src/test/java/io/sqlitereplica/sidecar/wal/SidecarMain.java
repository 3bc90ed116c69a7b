package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A sidecar in a process of its own that can be stopped and killed, and that kills itself at any step. Keeps image and
 * position in a folder.
 *
 * <p>Arguments: database, folder, and for a torture: a seed, one in how many steps it dies, one in how many looks it takes
 * a snapshot, from how many pages on it finishes the log.
 */
final class SidecarMain {
    private final Path folder;
    private final WalDatabase database;
    private final ImageStager stager;
    private final boolean continued;
    private final Random random;
    private final int snapshotOneIn;
    private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    private volatile @Nullable String snapshotResult;
    private WalStatistics logged;
    private boolean snapshotRuns;
    private int generations;
    private int longest;

    private SidecarMain(String[] args) throws Exception {
        folder = Path.of(args[1]);
        random = new Random(args.length > 2 ? Long.parseLong(args[2]) : 0);
        int dieOneIn = args.length > 3 ? Integer.parseInt(args[3]) : 0;
        snapshotOneIn = args.length > 4 ? Integer.parseInt(args[4]) : 0;
        int finishPages = args.length > 5 ? Integer.parseInt(args[5]) : WalOptions.DEFAULTS.finishPages();
        WalOptions options = new WalOptions(finishPages, 20, Duration.ofSeconds(20));
        database = WalDatabase.open(Path.of(args[0]), new BufferPool(1 << 20), options);
        logged = database.statistics();
        Random steps = new Random(random.nextLong());
        stager = new ImageStager(database, folder, () -> {
            if (dieOneIn > 0 && steps.nextInt(dieOneIn) == 0) {
                Runtime.getRuntime().halt(137);
            }
        });
        continued = stager.continueFromLast();
    }

    public static void main(String[] args) throws Exception {
        SidecarMain sidecar = new SidecarMain(args);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        if (args.length > 2) {
            sidecar.out.println("ok\t" + sidecar.started());
            sidecar.torture(in);
        } else {
            sidecar.obey(in);
        }
    }

    private String started() {
        return continued ? "continued" : "resynced";
    }

    private void obey(BufferedReader in) throws Exception {
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            switch (line) {
                case "stage" -> {
                    if (!database.renew(stager)) {
                        throw new IllegalStateException("No slot");
                    }
                    out.println("ok\t" + started());
                }
                case "stop" -> {
                    database.close(CloseMode.STOPPING);
                    out.println("ok\tstopped");
                    return;
                }
                default -> throw new IllegalArgumentException(line);
            }
        }
    }

    private void torture(BufferedReader in) throws Exception {
        long generation = 0;
        while (true) {
            if (in.ready()) {
                String line = in.readLine();
                switch (line) {
                    case "check" -> check();
                    case "statistics" -> out.println("ok\t" + statistics());
                    case null -> {
                        return;
                    }
                    default -> throw new IllegalArgumentException(line);
                }
            }
            PublishedHeader header = database.header();
            generations += header.salts() == generation ? 0 : 1;
            generation = header.salts();
            longest = Math.max(longest, header.mxFrame());
            look(header);
            LockSupport.parkNanos(Duration.ofMillis(1 + random.nextInt(20)).toNanos());
        }
    }

    private void look(PublishedHeader header) throws Exception {
        try {
            if (random.nextInt(3) == 0) {
                database.stage(stager);
            }
            if (database.renewalDue(header)) {
                database.renew(stager);
            }
            if (database.finishDue(header)) {
                database.finish(stager);
            }
            if (database.barrierDue(header)) {
                database.barrier(stager);
            }
            if (random.nextInt(200) == 0) {
                database.closeIdleConnections();
            }
            snapshot();
            logNewCounts();
        } catch (PositionLostException e) {
            log(e.reason().name());
        } catch (SQLException e) {
            if (!Sqlite.isBusy(e)) {
                throw e;
            }
        }
    }

    private void logNewCounts() throws IOException {
        WalStatistics now = database.statistics();
        WalStatistics before = logged;
        logged = now;
        if (now.tornHeaders() > before.tornHeaders()) {
            log("torn");
        }
        if (now.zeroChecksumFrames() > before.zeroChecksumFrames()) {
            log("zero");
        }
        if (now.barriers() > before.barriers()) {
            log("barrier");
        }
    }

    private void log(String event) throws IOException {
        Files.writeString(
                folder.resolve("events.log"), event + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** Nobody writes now: everything published is to be in the image when this answers. */
    private void check() throws Exception {
        while (true) {
            try {
                database.stage(stager);
                break;
            } catch (PositionLostException e) {
                log(e.reason().name());
            }
        }
        out.println("ok\tstaged " + stager.position());
    }

    private String statistics() {
        return "continued=" + continued + " resyncs=" + stager.resyncs() + " frames=" + stager.frames()
                + " generations=" + generations + " longest=" + longest + " " + database.statistics();
    }

    /** Compares a snapshot, read slowly beside everything else, with the image as of the same commit. */
    private void snapshot() throws Exception {
        String result = snapshotResult;
        if (result != null) {
            snapshotResult = null;
            snapshotRuns = false;
            if (!result.isEmpty()) {
                throw new IllegalStateException("Snapshot: " + result);
            }
            log("snapshot");
        }
        if (snapshotRuns || snapshotOneIn == 0 || random.nextInt(snapshotOneIn) > 0) {
            return;
        }
        SnapshotReader snapshot = database.snapshot(folder);
        boolean started = false;
        try {
            stager.stage(snapshot.header());
            if (snapshot.position().equals(stager.position())) {
                Path copy = folder.resolve("snapshot");
                Files.copy(stager.image(), copy, StandardCopyOption.REPLACE_EXISTING);
                snapshotRuns = true;
                started = true;
                Thread.ofPlatform().start(() -> snapshotResult = compare(snapshot, copy));
            }
        } finally {
            if (!started) {
                snapshot.close();
            }
        }
    }

    private static String compare(SnapshotReader snapshot, Path image) {
        try (snapshot;
                FileChannel expected = FileChannel.open(image)) {
            int pageSize = snapshot.pageSize();
            ByteBuffer pages = ByteBuffer.allocateDirect(64 * pageSize);
            ByteBuffer wanted = ByteBuffer.allocate(64 * pageSize);
            long offset = 0;
            while (snapshot.nextPages(pages.clear()) > 0) {
                wanted.clear().limit(pages.flip().remaining());
                expected.read(wanted, offset);
                int at = wanted.flip().mismatch(pages);
                if (at >= 0) {
                    return "page " + ((offset + at) / pageSize + 1) + " differs at " + snapshot.header();
                }
                offset += pages.remaining();
                LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
            }
            return expected.size() == offset ? "" : "size " + offset + ", expected " + expected.size();
        } catch (IOException | SQLException | RuntimeException e) {
            return e.toString();
        }
    }
}
