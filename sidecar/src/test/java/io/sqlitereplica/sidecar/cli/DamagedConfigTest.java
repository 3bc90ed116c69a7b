package io.sqlitereplica.sidecar.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.Mutator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Any text in place of the configuration: it is read, or refused with words; nothing else. */
class DamagedConfigTest {
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 1000);
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String CONFIG = """
        version: 1
        replica: {namespace: shop, name: orders}
        databases:
        - {name: orders, path: /data/orders.db, url: "s3://backups/shop/{pod}?endpoint=http://s3.storage:9000&region=r"}
        - {name: users, path: /data/users.db, url: "file:/sqlitereplica/destination/{pod}/users"}
        credentialsFolder: /etc/sqlitereplica/credentials
        sync: {interval: 250ms, maxStagedBytes: 1048576}
        snapshot: {schedule: "0 3 * * *", timeZone: Europe/Berlin, maxWalBytes: 4096}
        restore: {whenMissing: Fail}
        listen: 0.0.0.0:9813
        """;

    @TempDir
    private Path folder;

    private final Mutator mutator = new Mutator("DamagedConfigTest");

    @Test
    void isReadOrRefusedWithWords() {
        Path file = folder.resolve("sidecar.yaml");
        int[] refused = {0};

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                Files.write(file, mutator.damage(CONFIG.getBytes(UTF_8)));
                try {
                    assertThat(new SidecarConfigReader(file, Map.of("POD_NAME", "shop-0"))
                                    .read()
                                    .databases())
                            .isNotEmpty();
                } catch (ConfigException e) {
                    assertThat(e.getMessage()).startsWith(file + ":").hasSizeLessThan(1000);
                    refused[0]++;
                }
            }
        });

        assertThat(refused[0]).isBetween(ROUNDS / 10, ROUNDS - 1);
    }

    /** Each alias doubles what the file stands for: 2^30 values in a hundred bytes a line. */
    @Test
    void doesNotGrowWithAliases() throws Exception {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i <= 30; i++) {
            bomb.append("a%1$d: &a%1$d [*a%2$d, *a%2$d]\n".formatted(i, i - 1));
        }
        Path file = folder.resolve("sidecar.yaml");
        Files.writeString(file, bomb);

        assertTimeoutPreemptively(LIMIT, () -> {
            try {
                new SidecarConfigReader(file, Map.of()).read();
            } catch (ConfigException e) {
                assertThat(e.getMessage()).startsWith(file + ":").hasSizeLessThan(1000);
                return;
            }
            throw new AssertionError("It was read");
        });
    }

    @Test
    void anyUrlIsReadOrRefused() {
        for (int round = 0; round < ROUNDS; round++) {
            String url = new String(
                    mutator.damage(
                            "s3://backups/shop/orders?endpoint=http://127.0.0.1:9000&region=us-east-1".getBytes(UTF_8)),
                    UTF_8);
            try {
                assertThat(ReplicaUrl.parse(url)).as(url).isNotNull();
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage()).as(url).isNotBlank();
            }
        }
    }
}
