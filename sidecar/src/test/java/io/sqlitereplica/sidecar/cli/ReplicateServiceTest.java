package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.DatabaseState;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicateServiceTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final InetSocketAddress ANY_PORT = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private final BufferPool pool = new BufferPool(4L << 20);

    @TempDir
    private Path folder;

    @Test
    void endsWell() throws Exception {
        createDatabase("app.db");
        try (ReplicateService service = service(config(ANY_PORT, "file:" + folder.resolve("replica")))) {
            CompletableFuture<Integer> run = start(service);
            await().atMost(PATIENCE).until(() -> status(service).state() == DatabaseState.REPLICATING);
            assertThat(service.notStartedUp()).isEmpty();
            assertThat(service.shipNow(PATIENCE)).isTrue();

            assertThat(service.requestStop()).isTrue();
            assertThat(service.requestStop()).isFalse();

            assertThat(run.join()).isEqualTo(ExitCode.OK);
            assertThat(status(service).state()).isEqualTo(DatabaseState.STOPPED);
        }
        assertThat(folder.resolve("termination-log")).isEmptyFile();
    }

    @Test
    void saysWhatWasNotShippedWhenItEnds() throws Exception {
        createDatabase("app.db");
        Path replica = Files.createFile(folder.resolve("not a folder"));
        try (ReplicateService service = service(config(ANY_PORT, "file:" + replica))) {
            CompletableFuture<Integer> run = start(service);
            await().atMost(PATIENCE).until(() -> status(service).error() != null);

            service.requestStop();

            assertThat(run.join()).isEqualTo(ExitCode.FAILURE);
        }
        assertThat(folder.resolve("termination-log"))
                .content()
                .startsWith(
                        "not everything that was committed is known to be in the replica: database app is staged up to"
                                + " TXID 0000000000000000, and its replica at TXID 0000000000000000 (")
                .contains("The next start ships it")
                .contains("not a folder");
    }

    @Test
    void endsForARestartWhenTheAnnotationChanges() throws Exception {
        createDatabase("app.db");
        annotate("1");
        try (ReplicateService service = service(config(ANY_PORT, "file:" + folder.resolve("replica")))) {
            CompletableFuture<Integer> run = start(service);
            await().atMost(PATIENCE).until(() -> status(service).state() == DatabaseState.REPLICATING);

            annotate("2");

            assertThat(run.join()).isEqualTo(ExitCode.RESTART);
        }
    }

    @Test
    void namesTheAddressThatIsTaken() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                ReplicateService service = service(config(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), other.getLocalPort()),
                        "file:" + folder.resolve("replica")))) {
            assertThatThrownBy(service::run)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("Nothing can listen on 127.0.0.1:" + other.getLocalPort());
        }
    }

    private ReplicateService service(SidecarConfig config) throws IOException {
        return new ReplicateService(config, "1.2.3", pool, Duration.ofMillis(500));
    }

    private SidecarConfig config(InetSocketAddress listen, String url) {
        return new SidecarConfig(
                List.of(new SidecarConfig.Database(
                        new DatabaseSpec("app", folder.resolve("app.db")), ReplicaUrl.parse(url.replace(" ", "%20")))),
                List.of(),
                Optional.empty(),
                ReplicatorOptions.DEFAULTS,
                Optional.empty(),
                listen,
                Optional.of(folder.resolve("annotations")),
                Optional.of(folder.resolve("termination-log")));
    }

    private static CompletableFuture<Integer> start(ReplicateService service) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return service.run();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    private static DatabaseStatus status(ReplicateService service) {
        return service.databases().getFirst();
    }

    private void createDatabase(String name) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve(name));
                Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA journal_mode=WAL");
            statement.execute("CREATE TABLE t (x)");
        }
    }

    private void annotate(String value) throws IOException {
        Path fresh = Files.writeString(folder.resolve("fresh"), RestartWatch.ANNOTATION + "=\"" + value + "\"\n");
        Files.move(fresh, folder.resolve("annotations"), StandardCopyOption.ATOMIC_MOVE);
    }
}
