package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.testing.KillPoints;
import io.sqlitereplica.sidecar.testing.NativeSqlite;
import io.sqlitereplica.sidecar.testing.TortureWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile apps on an old and the current library, killed at random and at the worst points; a sidecar, killed likewise;
 * and at quiet moments a comparison of its image with the database, byte for byte.
 *
 * <p>System properties: {@code torture.rounds}, {@code torture.seed} (printed), {@code torture.libraries} (SQLite
 * libraries, separated by commas, instead of the system's), {@code torture.folder}.
 */
class TortureTest {
    private static final String SYSTEM_LIBRARY = "libsqlite3.so.0";

    @TempDir
    Path temporary;

    private final long seed = Long.getLong("torture.seed", System.nanoTime() & 0xffffff);
    private final Random random = new Random(seed);
    private final List<String> libraries = new ArrayList<>();
    private final List<Process> writers = new ArrayList<>();
    private @Nullable App sidecar;
    private Path folder;
    private Path path;
    private int checks;
    private int writerKills;
    private int sidecarKills;
    private int sidecarDeaths;
    private int continued;
    private int resynced;

    @BeforeEach
    void makeFolder() throws IOException {
        folder = Files.createDirectories(Path.of(System.getProperty("torture.folder", temporary.toString()))
                .resolve("seed-" + seed));
        path = folder.resolve("app.db");
    }

    @Test
    void keepsTheImageEqualToTheDatabase() throws Exception {
        int rounds = Integer.getInteger("torture.rounds", 25);
        System.out.println("torture.seed=" + seed + " rounds=" + rounds + ", libraries " + loadLibraries());
        try (App oracle = App.start(path)) {
            create(oracle);
            startSidecar();
            for (int round = 0; round < rounds; round++) {
                round(oracle);
            }
            check(oracle);
            System.out.println(summary());
        } finally {
            killWriters();
            if (sidecar != null) {
                sidecar.kill();
            }
        }
        assertThat(checks).isPositive();
        assertThat(Files.readAllLines(log()))
                .as("what the writers said, seed %d", seed)
                .allMatch(line -> line.startsWith("commits ") || line.startsWith("died at "));
    }

    private String loadLibraries() {
        StringBuilder loaded = new StringBuilder();
        for (String library :
                System.getProperty("torture.libraries", SYSTEM_LIBRARY).split(",", -1)) {
            NativeSqlite sqlite = NativeSqlite.load(library);
            if (sqlite != null) {
                libraries.add(library);
                loaded.append(library).append(' ').append(sqlite.version()).append(' ');
            }
        }
        return loaded.isEmpty() ? "NONE: SKIPPED are old libraries and kill points" : loaded.toString();
    }

    private void create(App oracle) {
        int pageSize = List.of(512, 1024, 4096, 4096, 4096, 8192, 65536).get(random.nextInt(7));
        System.out.println("page_size=" + pageSize);
        oracle.sql("PRAGMA page_size=" + pageSize);
        oracle.sql("PRAGMA auto_vacuum=" + random.nextInt(3));
        oracle.sql("PRAGMA journal_mode=WAL");
        oracle.sql("CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB)");
        oracle.sql("CREATE TABLE u(k, v)");
        oracle.sql("CREATE INDEX ui ON u(k)");
        if (random.nextInt(3) > 0) {
            oracle.disconnect("main");
        }
    }

    private void round(App oracle) throws Exception {
        writers.removeIf(writer -> !writer.isAlive());
        int wanted = 1 + random.nextInt(3);
        while (writers.size() < wanted) {
            startWriter();
        }
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(500)).toNanos());
        switch (random.nextInt(16)) {
            case 0 -> {
                writers.remove(random.nextInt(writers.size())).destroyForcibly().waitFor();
                writerKills++;
            }
            case 1 -> killWriters();
            case 2 -> {
                sidecar().kill();
                sidecarKills++;
                LockSupport.parkNanos(Duration.ofMillis(List.of(0, 0, 50, 500).get(random.nextInt(4)))
                        .toNanos());
                startSidecar();
            }
            default -> check(oracle);
        }
    }

    private void startWriter() throws IOException {
        boolean driver = libraries.isEmpty() || random.nextInt(3) == 0;
        List<KillPoints.Point> points = List.of(KillPoints.Point.values());
        String point = random.nextInt(3) == 0
                ? "all"
                : points.get(random.nextInt(points.size())).name();
        List<String> arguments = List.of(
                path.toString(),
                Long.toString(random.nextLong()),
                Integer.toString(4 + random.nextInt(12)),
                driver ? "driver" : libraries.get(random.nextInt(libraries.size())),
                Integer.toString(List.of(0, 30, 100, 300, 1000).get(random.nextInt(5))),
                point);
        writers.add(ChildJvm.start(TortureWriter.class, arguments, log()));
    }

    private Path log() {
        return folder.resolve("writers.log");
    }

    private void killWriters() throws InterruptedException {
        for (Process writer : writers) {
            writer.destroyForcibly().waitFor();
            writerKills++;
        }
        writers.clear();
    }

    /** Starts the sidecar until it lives: it may die at any step, also while it starts. */
    private void startSidecar() {
        while (true) {
            App starting = App.start(
                    SidecarMain.class,
                    path.toString(),
                    folder.toString(),
                    Long.toString(random.nextLong()),
                    List.of("0", "300", "3000").get(random.nextInt(3)),
                    List.of("0", "20", "100").get(random.nextInt(3)),
                    List.of("50", "300", "1300").get(random.nextInt(3)));
            try {
                if (starting.answer().equals("continued")) {
                    continued++;
                } else {
                    resynced++;
                }
                sidecar = starting;
                return;
            } catch (IllegalStateException e) {
                died(starting);
            }
        }
    }

    private void died(App dead) {
        assertThat(dead.exitCode())
                .as("exit code of the sidecar, seed %d", seed)
                .isEqualTo(137);
        sidecarDeaths++;
    }

    private App sidecar() {
        if (sidecar == null) {
            throw new IllegalStateException("No sidecar");
        }
        return sidecar;
    }

    /** Holds all writers, and compares. */
    private void check(App oracle) throws Exception {
        oracle.on("check", "PRAGMA busy_timeout=20000");
        oracle.on("check", "BEGIN IMMEDIATE");
        try {
            while (true) {
                try {
                    sidecar().command("check");
                    break;
                } catch (IllegalStateException e) {
                    died(sidecar());
                    startSidecar();
                }
            }
            Path expected = folder.resolve("expected");
            oracle.serialize("check", expected);
            assertThat(Files.mismatch(folder.resolve("image"), expected))
                    .as("first different byte of the image, seed %d, check %d", seed, checks)
                    .isEqualTo(-1);
            checks++;
        } finally {
            oracle.on("check", "ROLLBACK");
            oracle.disconnect("check");
        }
    }

    private String summary() throws IOException {
        List<String> lines = Files.readAllLines(log());
        int commits = lines.stream()
                .filter(line -> line.startsWith("commits "))
                .mapToInt(line -> Integer.parseInt(line.split(" ", -1)[1]))
                .sum();
        StringBuilder deaths = new StringBuilder();
        for (KillPoints.Point point : KillPoints.Point.values()) {
            deaths.append(' ').append(point).append('=').append(count(log(), "died at " + point));
        }
        for (String event : List.of("snapshot", "RESTARTED", "WENT_BACK", "FRAME_CHANGED", "torn", "zero", "barrier")) {
            deaths.append(' ').append(event).append('=').append(count(folder.resolve("events.log"), event));
        }
        return "torture.seed=" + seed + " checks=" + checks + " commits>" + commits + " writerKills=" + writerKills
                + " sidecarKills=" + sidecarKills + " sidecarDeaths=" + sidecarDeaths + " continued=" + continued
                + " resynced=" + resynced + deaths + "\n  last sidecar: "
                + sidecar().command("statistics");
    }

    private static long count(Path file, String wanted) throws IOException {
        if (!Files.exists(file)) {
            return 0;
        }
        try (var lines = Files.lines(file)) {
            return lines.filter(wanted::equals).count();
        }
    }
}
