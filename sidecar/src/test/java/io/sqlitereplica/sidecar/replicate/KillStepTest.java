package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.testing.KillCalls;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** kill -9 of the replicator at each of its steps, right before and right after, while an app writes. */
@Tag("e2e")
class KillStepTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    @ParameterizedTest
    @EnumSource
    void losesNothingWhenKilledAt(KillStep step) throws Exception {
        KillCalls calls = KillCalls.compile(folder).orElse(null);
        Assumptions.assumeTrue(calls != null, "SKIPPED: kills at system calls");
        if (step == KillStep.REQUEST) {
            try (S3Server server = S3Server.start()) {
                losesNothing(step, calls, CampaignDestination.inS3(server, "replica"));
            }
        } else {
            losesNothing(step, calls, CampaignDestination.inFolder(folder.resolve("destination")));
        }
    }

    private void losesNothing(KillStep step, KillCalls calls, CampaignDestination destination) throws Exception {
        Path database = folder.resolve("app.db");
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("KillStepTest: " + step + " -Dseed=" + seed);
        Random random = new Random(seed);
        try (Replica replica =
                        new Replica(folder.resolve("destination"), destination.url(), destination.credentials());
                App app = App.create(database, 4096)) {
            app.fill(100);
            app.write(random.nextLong(), 300);
            for (boolean after : new boolean[] {false, true}) {
                Map<String, String> environment = destination.environment();
                environment.putAll(
                        calls.environment(step.calls(), 1 + random.nextInt(6), after, folder.resolve("deaths")));
                try (Sidecar victim = start(database, destination, environment)) {
                    await().atMost(LONG).until(() -> !victim.isAlive());
                    assertThat(victim.exitCode()).isEqualTo(137);
                }
                try (Sidecar survivor = start(database, destination, destination.environment())) {
                    long written = app.pause();
                    assertThat(survivor.ship()).isTrue();
                    replica.assertSameAs(app);
                    assertThat(replica.assertConsistent()).isEqualTo(written);
                    assertThat(survivor.stop()).isTrue();
                }
                app.write(random.nextLong(), 300);
            }
            app.pause();
        }
    }

    /** One that does everything often: renews, finishes, holds writers, takes snapshots. */
    private Sidecar start(Path database, CampaignDestination destination, Map<String, String> environment) {
        Sidecar.Settings often = new Sidecar.Settings(
                Duration.ofMillis(200),
                64 << 20,
                Duration.ofMillis(300),
                List.of("-Xmx24m", "-XX:MaxDirectMemorySize=12m"),
                5,
                1,
                ReplicatorFixture.HURRY);
        return Sidecar.start(database, destination.url(), often, folder.resolve("sidecar.log"), environment);
    }
}
