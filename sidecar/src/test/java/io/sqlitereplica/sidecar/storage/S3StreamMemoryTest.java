package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.testing.ChildJvm;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stream costs in the smallest JVM that a sidecar gets. */
class S3StreamMemoryTest {
    /** Measured: 110 to 120 MiB with class files from jars and no AOT cache. The point is that it does not grow. */
    private static final long PEAK_RSS_KIB = 150 * 1024;

    @TempDir
    private Path keys;

    @Test
    void aLongStreamNeedsNoMoreThanAShortOne() throws Exception {
        try (S3Server server = S3Server.start()) {
            server.bucket("backups");
            Files.writeString(keys.resolve("access-key-id"), S3Server.ACCESS_KEY_ID);
            Files.writeString(keys.resolve("secret-access-key"), S3Server.SECRET_ACCESS_KEY);

            for (String[] mib : new String[][] {{"20", "20"}, {"300", "300"}, {"301", "70000"}}) {
                Process probe = ChildJvm.start(
                        ChildJvm.SMALL,
                        S3StreamProbe.class,
                        server.url("backups", "stream-" + mib[0]).toString(),
                        keys.toString(),
                        mib[0],
                        mib[1]);
                String output = new String(probe.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertThat(probe.waitFor()).as(output).isZero();
                assertThat(Long.parseLong(output.strip())).isLessThan(PEAK_RSS_KIB);
            }
        }
    }
}
