package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.compact.CompactionLevels;
import io.sqlitereplica.sidecar.compact.RetentionTimes;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.wal.CloseMode;
import io.sqlitereplica.sidecar.wal.WalOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The process behind {@link Sidecar}: replicates one database until it is told to stop. */
final class SidecarMain {
    private SidecarMain() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        Path database = Path.of(args[0]);
        ReplicatorOptions options = ReplicatorOptions.DEFAULTS
                .withSyncInterval(Duration.ofMillis(Long.parseLong(args[2])))
                .withMaxStagedBytes(Long.parseLong(args[3]))
                .withCompaction(new CompactionLevels(List.of(Duration.ofSeconds(1), Duration.ofSeconds(3))))
                .withRetention(Optional.ofNullable(Long.getLong("retention"))
                        .map(millis -> new RetentionTimes(Duration.ofMillis(millis), Duration.ofSeconds(1))))
                .withSnapshots(new Schedule.Every(Duration.ofMillis(Long.parseLong(args[4]))))
                .withWal(new WalOptions(
                        Integer.parseInt(args[5]), Integer.parseInt(args[6]), WalOptions.DEFAULTS.openTimeout()))
                .withPatience(new OwnerPatience(
                        Duration.ofMillis(Long.parseLong(args[7])), Duration.ofMillis(Long.parseLong(args[8]))));
        BufferPool pool = BufferPool.forThisJvm();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (ReplicaStore store =
                ReplicaStores.open(ReplicaUrl.parse(args[1]), CredentialsSource.environment(), pool)) {
            Replicator replicator = new Replicator(
                    new DatabaseSpec("app", database), store, options, pool, new SnapshotTurns(), CloseMode.STOPPING);
            replicator.start();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                switch (line) {
                    case "ship" -> out.println(replicator.shipNow(Duration.ofSeconds(60)));
                    case "status" -> out.println(replicator.status());
                    case "state" -> out.println(replicator.status().state());
                    case "error" ->
                        out.println(
                                Objects.requireNonNullElse(replicator.status().error(), ""));
                    case "ownerWaits" ->
                        out.println(replicator.status().counters().ownerWaits());
                    case "rowsLost" ->
                        out.println(replicator.status().counters().rowsLost());
                    case "counters" -> out.println(replicator.status().counters());
                    case "stop" -> {
                        out.println(replicator.stop(Duration.ofSeconds(60)));
                        // As the sidecar ends: without closing the last reader.
                        Runtime.getRuntime().halt(0);
                    }
                    default -> throw new IllegalArgumentException(line);
                }
            }
        }
        Runtime.getRuntime().halt(1);
    }
}
