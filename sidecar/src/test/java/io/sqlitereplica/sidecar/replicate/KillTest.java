package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kill -9 of the replicator's process, at any moment, while an app writes. */
@Tag("deep")
class KillTest {
    private static final int KILLS = Integer.getInteger("kills", 20);
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @Test
    void keepsEveryCommittedRowWhenKilledAtRandom() throws Exception {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("KillTest: -Dseed=" + seed + " -Dkills=" + KILLS);
        Random random = new Random(seed);
        Path database = folder.resolve("app.db");
        Path destination = folder.resolve("destination");
        long restored = 0;
        int checked = 0;
        try (Replica replica = new Replica(destination);
                App app = App.create(database, 512 << random.nextInt(8))) {
            app.write(random.nextLong(), 2000);
            for (int kill = 0; kill < KILLS; kill++) {
                Sidecar sidecar = Sidecar.start(database, destination, settings(random));
                try (sidecar) {
                    runFor(random, sidecar, app);
                }
                if (random.nextInt(4) == 0 && !replica.files(9).isEmpty()) {
                    long now = replica.assertConsistent();
                    assertThat(now).isGreaterThanOrEqualTo(restored);
                    restored = now;
                    checked++;
                }
                if (random.nextInt(3) == 0) {
                    writeAlone(random, app);
                }
            }
            try (Sidecar sidecar = Sidecar.start(database, destination, settings(random))) {
                long written = app.pause();
                assertThat(sidecar.ship()).isTrue();
                replica.assertSameAs(app);
                assertThat(replica.assertConsistent()).isEqualTo(written);
                System.out.printf(
                        "KillTest: %d kills, %d restores in between, %d transactions, %d files%n",
                        KILLS, checked, written, replica.files(0).size());
                assertThat(sidecar.stop()).isTrue();
            }
        }
    }

    private static Sidecar.Settings settings(Random random) {
        return new Sidecar.Settings(
                Duration.ofMillis(random.nextInt(3) * 100L),
                random.nextInt(4) == 0 ? 200_000 : 64 << 20,
                Duration.ofMillis(random.nextInt(3) == 0 ? 500 : 60_000),
                List.of("-Xmx24m", "-XX:MaxDirectMemorySize=12m"));
    }

    /** Some of the time it takes to start, or until it replicates and a while longer. */
    private static void runFor(Random random, Sidecar sidecar, App app) {
        if (random.nextInt(4) > 0) {
            await().atMost(LONG).until(() -> sidecar.state() == DatabaseState.REPLICATING);
            writeAlone(random, app);
        }
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(1500)).toNanos());
    }

    private static void writeAlone(Random random, App app) {
        long goal = app.written() + random.nextInt(300);
        await().atMost(LONG).until(() -> app.written() >= goal);
    }
}
