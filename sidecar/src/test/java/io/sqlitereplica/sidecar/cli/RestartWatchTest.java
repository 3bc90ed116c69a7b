package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestartWatchTest {
    private static final Duration INTERVAL = Duration.ofMillis(5);

    private final AtomicInteger restarts = new AtomicInteger();

    @TempDir
    private Path folder;

    @Test
    void seesAChangedValueOnce() throws IOException {
        write("app=\"orders\"\nsqlitereplica.io/restart=\"1\"\n");
        try (RestartWatch _ = watch()) {
            write("app=\"orders\"\nsqlitereplica.io/restart=\"2\"\n");
            await().until(() -> restarts.get() > 0);

            write("app=\"orders\"\nsqlitereplica.io/restart=\"3\"\n");
            await().during(Duration.ofMillis(100)).until(() -> restarts.get() == 1);
        }
    }

    @Test
    void seesAnAnnotationThatWasNotThereBefore() throws IOException {
        write("app=\"orders\"\n");
        try (RestartWatch _ = watch()) {
            write("app=\"orders\"\nsqlitereplica.io/restart=\"1\"\n");

            await().until(() -> restarts.get() == 1);
        }
    }

    @Test
    void anOldValueOrARemovedOneIsNoReason() throws IOException {
        write("sqlitereplica.io/restart=\"1\"\n");
        try (RestartWatch _ = watch()) {
            write("sqlitereplica.io/restart=\"1\"\nother=\"2\"\n");
            await().during(Duration.ofMillis(100)).until(() -> restarts.get() == 0);

            write("other=\"2\"\n");
            await().during(Duration.ofMillis(100)).until(() -> restarts.get() == 0);

            Files.delete(folder.resolve("annotations"));
            await().during(Duration.ofMillis(100)).until(() -> restarts.get() == 0);
        }
        assertThat(restarts).hasValue(0);
    }

    private RestartWatch watch() {
        return new RestartWatch(folder.resolve("annotations"), INTERVAL, restarts::incrementAndGet);
    }

    /** As the kubelet does: the old file or the new one, never half of one. */
    private void write(String content) throws IOException {
        Path fresh = Files.writeString(folder.resolve("fresh"), content);
        Files.move(fresh, folder.resolve("annotations"), StandardCopyOption.ATOMIC_MOVE);
    }
}
