package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.testing.KillCalls;
import io.sqlitereplica.sidecar.testing.Peer;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.testing.SqliteLibraries;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Hostile apps that die at the worst moments, a replicator that is killed at each of its steps, and after each round the
 * question whether what is restored from the replica is the database, byte for byte.
 *
 * <p>System properties: {@code campaign.rounds}, {@code campaign.seed} (printed), {@code campaign.folder}.
 */
class CampaignTest {
    private static final int ROUNDS_WITH_A_DATABASE = 20;

    @TempDir
    private Path temporary;

    @Test
    @Tag("deep")
    void losesNothingInAnyRound() throws Exception {
        run();
    }

    @Test
    @Tag("long")
    void losesNothingForHours() throws Exception {
        run();
    }

    private void run() throws Exception {
        int rounds = Integer.getInteger("campaign.rounds", 4);
        long seed = Long.getLong("campaign.seed", new Random().nextLong(1_000_000_000));
        System.out.println("CampaignTest: -Dcampaign.seed=" + seed + " -Dcampaign.rounds=" + rounds);
        Path folder = Files.createDirectories(Path.of(System.getProperty("campaign.folder", temporary.toString())));
        Tally tally = new Tally();
        Optional<S3Server> server = S3Server.startIfInstalled();
        try {
            Campaign.Means means = new Campaign.Means(
                    SqliteLibraries.installed(),
                    KillCalls.compile(Files.createTempDirectory(folder, "library"))
                            .orElse(null),
                    Peer.litestreamIfInstalled().orElse(null),
                    server.orElse(null));
            Random random = new Random(seed);
            for (int left = rounds; left > 0; left -= ROUNDS_WITH_A_DATABASE) {
                int some = Math.min(left, ROUNDS_WITH_A_DATABASE);
                Path place = Files.createTempDirectory(folder, "campaign");
                try (Campaign campaign = new Campaign(means, place, random.nextLong(), tally)) {
                    campaign.run(some);
                }
                System.out.println(tally);
            }
        } finally {
            server.ifPresent(S3Server::close);
        }
        assertThat(tally.total(Tally.What.COMPARED_WITH_OURS)).isGreaterThanOrEqualTo(rounds * 9L / 10);
        assertThat(tally.unexplained()).as("what broke replication off").isEqualTo(List.of());
    }
}
