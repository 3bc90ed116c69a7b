package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.sqlitereplica.sidecar.replicate.Tally.What;
import io.sqlitereplica.sidecar.testing.Folders;
import io.sqlitereplica.sidecar.testing.KillCalls;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.testing.SqliteLibraries;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One database of a campaign: its app, its writers, the sidecar that dies, and its replica. */
final class Campaign implements AutoCloseable {
    private static final List<String> JVM = List.of("-Xmx24m", "-XX:MaxDirectMemorySize=12m");
    private static final List<String> RETAINING_JVM =
            List.of("-Xmx24m", "-XX:MaxDirectMemorySize=12m", "-Dretention=2000");
    private static final Pattern BROKEN_OFF = Pattern.compile("not replicating: database=app error=(.*)");
    private static final Pattern DELETED = Pattern.compile("deleted what is not needed any more: .* files=([0-9]+) ");
    private static final long LOOK_NANOS = Duration.ofMillis(20).toNanos();
    private static final long PAUSE_NANOS = Duration.ofMillis(500).toNanos();
    private static final long PATIENCE_NANOS = Duration.ofSeconds(10).toNanos();
    private static final int ARMED_ATTEMPTS = 3;
    private static final double MANY_CALLS = 30;

    private final Means means;
    private final Path folder;
    private final Path database;
    private final Tally tally;
    private final String seed;
    private final Random random;
    private final CampaignDestination destination;
    private final Replica replica;
    private final CampaignWriters writers;
    private final App app;
    private @Nullable Sidecar sidecar;
    private @Nullable KillStep step;
    private int roundsOfSidecar;

    /**
     * What this machine has.
     *
     * @param libraries beside the driver's own SQLite
     * @param killCalls null: no compiler
     * @param litestream null: not installed
     * @param server null: not installed
     */
    record Means(
            List<String> libraries,
            @Nullable KillCalls killCalls,
            @Nullable Path litestream,
            @Nullable S3Server server) {}

    Campaign(Means means, Path folder, long seed, Tally tally) throws IOException {
        this.means = means;
        this.folder = folder;
        this.database = folder.resolve("app.db");
        this.tally = tally;
        this.seed = "seed of this database " + seed;
        this.random = new Random(seed);
        this.destination = means.server() != null && random.nextInt(3) == 0
                ? CampaignDestination.inS3(means.server(), folder.getFileName().toString())
                : CampaignDestination.inFolder(folder.resolve("destination"));
        this.replica = new Replica(folder.resolve("destination"), destination.url(), destination.credentials());
        List<String> libraries = new ArrayList<>(means.libraries());
        libraries.removeIf(_ -> random.nextInt(4) == 0);
        this.writers = new CampaignWriters(database, libraries, random, tally);
        this.app = App.start(database);
        tally.count(What.DATABASES);
    }

    /** Makes the database, and goes through so many rounds. */
    void run(int rounds) throws Exception {
        int pageSize = 512 << random.nextInt(8);
        int autoVacuum = random.nextInt(3);
        System.out.println("CampaignTest: " + seed + ", page_size=" + pageSize + ", auto_vacuum=" + autoVacuum + ", "
                + writers.libraries() + ", " + destination.url());
        app.sql("PRAGMA page_size=" + pageSize);
        app.sql("PRAGMA auto_vacuum=" + autoVacuum);
        app.sql("PRAGMA journal_mode=WAL");
        app.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)");
        app.sql("CREATE TABLE u(k, v)");
        app.sql("CREATE INDEX ui ON u(k)");
        app.disconnect();
        for (int round = 0; round < rounds; round++) {
            round(round);
            if (writers.damaged()) {
                tally.count(What.DAMAGED_BY_AN_OLD_SQLITE);
                assertThat(writers.libraries()).as(seed).anyMatch(SqliteLibraries::damagesDatabases);
                break;
            }
        }
        writers.killAll();
        if (sidecar != null && sidecar.isAlive() && random.nextBoolean() && step == null) {
            // Has a header that a writer left torn repaired now: a recovery after the stop could bring back a commit
            // that was written but never published, or lose one that has no checksum.
            app.sql("SELECT count(*) FROM u");
            assertThat(sidecar.stop()).as(seed).isTrue();
            sidecar = null;
            tally.count(What.STOPPED_IN_ORDER);
            compare("stopped");
        }
    }

    private void round(int number) throws Exception {
        tally.count(What.ROUNDS);
        writers.startSome();
        if (roundsOfSidecar > 1 && random.nextInt(3) == 0) {
            killSidecar();
        }
        if (sidecar == null) {
            start(random.nextInt(6) > 0);
        }
        roundsOfSidecar++;
        letThemRun();
        if (!isAlive() && random.nextInt(3) == 0) {
            tally.count(What.KILLED_TOGETHER);
            writers.killAll();
        }
        switch (random.nextInt(12)) {
            case 0, 1 -> writers.killOne();
            case 2 -> writers.killAll();
            case 3 -> killSidecar();
            case 4 -> {
                tally.count(What.KILLED_TOGETHER);
                killSidecar();
                writers.killAll();
            }
            default -> {} // both go on
        }
        if (random.nextInt(4) == 0) {
            writers.startSome(); // and go on alone, if the sidecar is dead
            LockSupport.parkNanos(random.nextLong(PAUSE_NANOS));
        }
        check(number);
    }

    /** Mostly until the sidecar replicates, or is dead, and the writers have committed something meanwhile. */
    private void letThemRun() throws IOException {
        long patience = System.nanoTime() + PATIENCE_NANOS;
        long reports = writers.reports() + random.nextInt(4);
        boolean replicates = random.nextInt(4) == 0;
        while (isAlive() && System.nanoTime() - patience < 0 && !(replicates && writers.reports() >= reports)) {
            replicates = replicates || replicates();
            LockSupport.parkNanos(LOOK_NANOS);
        }
        LockSupport.parkNanos(random.nextLong(PAUSE_NANOS));
    }

    private boolean replicates() {
        Sidecar running = sidecar;
        try {
            return running != null && running.state() == DatabaseState.REPLICATING;
        } catch (IllegalStateException | UncheckedIOException e) {
            return false; // it just died
        }
    }

    private boolean isAlive() {
        Sidecar running = sidecar;
        if (running != null && !running.isAlive()) {
            died(running);
        }
        return sidecar != null;
    }

    private void start(boolean armed) throws IOException {
        KillCalls calls = means.killCalls();
        List<KillStep> steps = destination.steps();
        step = armed && calls != null ? steps.get(random.nextInt(steps.size())) : null;
        Map<String, String> environment = destination.environment();
        if (step != null && calls != null) {
            // Mostly early, when it repairs what the last death left, but at times after a long while.
            int count = (int) Math.pow(MANY_CALLS, random.nextDouble());
            environment.putAll(calls.environment(step.calls(), count, random.nextBoolean(), folder.resolve("deaths")));
        }
        roundsOfSidecar = 0;
        sidecar = Sidecar.start(database, destination.url(), settings(), log(), environment);
    }

    private Sidecar.Settings settings() {
        return new Sidecar.Settings(
                Duration.ofMillis(List.of(0, 50, 300).get(random.nextInt(3))),
                List.of(200_000, 64 << 20).get(random.nextInt(2)),
                Duration.ofMillis(List.of(700, 5000, 60_000).get(random.nextInt(3))),
                List.of(JVM, RETAINING_JVM).get(random.nextInt(2)),
                List.of(5, 20, 100, 1300).get(random.nextInt(4)),
                List.of(1, 20).get(random.nextInt(2)),
                ReplicatorFixture.HURRY);
    }

    private Path log() {
        return folder.resolve("sidecar.log");
    }

    private void killSidecar() {
        if (isAlive() && sidecar != null) {
            sidecar.kill();
            sidecar = null;
            tally.count(What.SIDECAR_KILLED_AT_RANDOM);
        }
    }

    /** By itself: nothing but the call at which it was to die may be the cause. */
    private void died(Sidecar dead) {
        sidecar = null;
        assertThat(dead.exitCode()).as("exit code of the sidecar, %s", seed).isEqualTo(137);
        assertThat(step).as("nobody killed the sidecar, %s", seed).isNotNull();
        if (step != null) {
            tally.sidecarDied(step);
        }
    }

    /** Holds all writers, has everything shipped, and compares. */
    private void check(int round) throws Exception {
        app.sql("PRAGMA busy_timeout=60000");
        app.sql("BEGIN IMMEDIATE");
        try {
            ship();
            compare("round " + round);
        } finally {
            app.sql("ROLLBACK");
            app.disconnect();
        }
    }

    /** Until it lives: a sidecar may die at any of its steps, also at this. */
    private void ship() throws IOException {
        for (int attempt = 0; true; attempt++) {
            if (!isAlive()) {
                start(attempt < ARMED_ATTEMPTS && random.nextBoolean());
            }
            Sidecar running = sidecar;
            try {
                if (running != null) {
                    assertThat(running.ship()).as("shipped, %s", seed).isTrue();
                    return;
                }
            } catch (IllegalStateException | UncheckedIOException e) {
                died(running);
            }
        }
    }

    private void compare(String when) throws Exception {
        Path expected = folder.resolve("expected.db");
        app.serialize(expected);
        assertSame(expected, replica.restore(), "restored", when);
        tally.count(What.COMPARED_WITH_OURS);
        if (means.litestream() != null) {
            assertSame(expected, destination.restoreWith(means.litestream(), folder), "restored by Litestream", when);
            tally.count(What.COMPARED_WITH_LITESTREAM);
        }
        Files.delete(expected);
    }

    private void assertSame(Path expected, Path restored, String how, String when) throws IOException {
        long difference = Files.mismatch(expected, restored);
        if (difference == Files.size(expected)
                && writers.libraries().stream().anyMatch(SqliteLibraries::damagesDatabases)) {
            // A recovery that dropped a commit which made the file longer: it stays so, and SQLite serializes only what
            // the header counts.
            tally.count(What.DAMAGED_BY_AN_OLD_SQLITE);
        } else if (difference >= 0) {
            tally.count(What.DIFFERENCES);
            fail(
                    "%s, %s, %s: byte %d is the first that differs; expected %s, found %s",
                    how, when, seed, difference, describe(expected), describe(restored));
        }
        Files.delete(restored);
    }

    /** How long it is, and what its header says of that. */
    private static String describe(Path database) throws IOException {
        byte[] first = new byte[100];
        try (RandomAccessFile file = new RandomAccessFile(database.toFile(), "r")) {
            file.readFully(first);
        }
        ByteBuffer header = ByteBuffer.wrap(first);
        return "%d bytes, %d pages of %d (counter %d, valid for %d)"
                .formatted(
                        Files.size(database),
                        header.getInt(28),
                        header.getShort(16),
                        header.getInt(24),
                        header.getInt(92));
    }

    @Override
    public void close() throws IOException {
        killSidecar();
        writers.close();
        app.close();
        tally.count(
                What.COMPACTED_FILES, replica.files(1).size() + replica.files(2).size());
        replica.close();
        if (Files.exists(log())) {
            read(Files.readAllLines(log()));
        }
        Folders.delete(folder);
    }

    private void read(List<String> lines) {
        for (String line : lines) {
            Matcher broken = BROKEN_OFF.matcher(line);
            Matcher deleted = DELETED.matcher(line);
            if (broken.find()) {
                tally.brokenOff(broken.group(1).replace(folder.toString(), "").replaceAll("[0-9]+", "N"));
            } else if (deleted.find()) {
                tally.count(What.DELETED_FILES, Long.parseLong(deleted.group(1)));
            } else if (line.contains("the WAL goes on:")) {
                tally.count(What.CONTINUED);
            } else if (line.contains("compared:")) {
                tally.count(What.COMPARED_WHOLE);
            } else if (line.contains("shipped: database")) {
                tally.count(What.SHIPPED_WHOLE);
            } else if (line.contains("snapshot: database")) {
                tally.count(What.SNAPSHOTS);
            } else if (line.contains("LocalRowsLost")) {
                tally.count(What.ROWS_LOST_LOCALLY);
            }
        }
    }
}
