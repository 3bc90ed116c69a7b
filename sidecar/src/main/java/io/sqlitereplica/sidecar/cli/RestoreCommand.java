package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.restore.Follower;
import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.restore.RestorePlan;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.restore.RestoreResult;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import sun.misc.Signal;

@Command(
        name = "restore",
        description =
                "Makes a database of a replica: of its newest state, or of an older one, or one that is kept up to"
                        + " date. Never overwrites one.")
final class RestoreCommand implements Callable<Integer> {
    private static final Duration LOOK_EACH = Duration.ofSeconds(1);

    private final Console console;

    @Mixin
    private Source source = new Source();

    @Option(names = "--to", required = true, paramLabel = "FILE", description = "Where the database shall be.")
    private Path target = Path.of("");

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    @Option(names = "--dry-run", description = "Only say what would be restored, from which files.")
    private boolean dryRun;

    @ArgGroup
    private @Nullable Point point;

    @Option(
            names = "--follow",
            description = "Go on with what comes, until Ctrl-C or SIGTERM: a database for others to read, which sees"
                    + " whole transactions only. Run again, it goes on where it was.")
    private boolean follow;

    @Option(
            names = "--interval",
            paramLabel = "TIME",
            converter = ReplicateCommand.DurationConverter.class,
            description = "With --follow: how often to look for more; default 1s. Each look is a request.")
    private @Nullable Duration interval;

    /** The newest state without it. */
    private static final class Point {
        @Option(
                names = "--timestamp",
                required = true,
                paramLabel = "TIME",
                description = "The newest state that is not younger than this time, as 2026-11-25T12:00:00Z.")
        private @Nullable String timestamp;

        @Option(
                names = "--txid",
                required = true,
                paramLabel = "TXID",
                description = "The state after this transaction, as list prints it.")
        private @Nullable String txId;

        RestorePoint parse() throws ConfigException {
            try {
                return txId == null ? RestorePoints.time(String.valueOf(timestamp)) : RestorePoints.txId(txId);
            } catch (IllegalArgumentException e) {
                throw new ConfigException((txId == null ? "--timestamp: " : "--txid: ") + e.getMessage(), e);
            }
        }
    }

    RestoreCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        RestorePoint wanted = point == null ? RestorePoint.NEWEST : point.parse();
        if (follow && (point != null || json || dryRun)) {
            throw new ConfigException(
                    "--follow is for the newest state: leave --timestamp, --txid, --json and --dry-run out");
        }
        if (!follow && interval != null) {
            throw new ConfigException("--interval belongs to --follow");
        }
        BufferPool pool = BufferPool.forThisJvm();
        try (ReplicaStore store = source.open(pool)) {
            if (follow) {
                follow(store, pool);
                return ExitCode.OK;
            }
            if (dryRun) {
                plan(store, wanted);
                return ExitCode.OK;
            }
            RestoreResult result = Restore.to(
                            wanted,
                            store,
                            target.toAbsolutePath(),
                            null,
                            pool,
                            new ProgressPrinter("restoring", console))
                    .orElseThrow(() -> Source.empty(store));
            if (json) {
                printJson(result);
            } else {
                print(result);
            }
            return ExitCode.OK;
        }
    }

    private void follow(ReplicaStore store, BufferPool pool) throws Exception {
        Follower follower = new Follower(store, target.toAbsolutePath(), pool, interval == null ? LOOK_EACH : interval);
        for (String signal : List.of("TERM", "INT")) {
            Signal.handle(new Signal(signal), _ -> follower.stop());
        }
        if (!follower.run(new ProgressPrinter("restoring", console))) {
            throw Source.empty(store);
        }
    }

    private void plan(ReplicaStore store, RestorePoint wanted) throws IOException {
        Path folder = Files.createTempDirectory("sqlite-replica-plan");
        try (RestorePlan plan = RestorePlan.of(store, wanted, folder).orElseThrow(() -> Source.empty(store))) {
            console.out()
                    .printf(
                            "Would restore %s to TXID %s, from %d files (%s):%n",
                            target, plan.last(), plan.fileCount(), Amounts.bytes(plan.bytes()));
            plan.forEach(file -> console.out()
                    .printf("level %d  %s  %s%n", file.level(), file.name(), Amounts.bytes(file.sizeBytes())));
        } finally {
            Files.delete(folder);
        }
    }

    private void print(RestoreResult result) {
        console.out()
                .printf(
                        "Restored %s: %s, %d pages, TXID %s of %s, from %d files (%s) in %s%n",
                        target,
                        Amounts.bytes(result.databaseBytes()),
                        result.pageCount(),
                        result.txId(),
                        result.timestamp(),
                        result.files(),
                        Amounts.bytes(result.bytesRead()),
                        Amounts.seconds(result.duration()));
        result.movedAside().forEach(file -> console.out().println("Moved aside: " + file));
    }

    private void printJson(RestoreResult result) throws Exception {
        console.json(out -> {
            out.writeStartObject();
            out.writeStringField("database", target.toAbsolutePath().toString());
            out.writeStringField("txid", result.txId().toString());
            out.writeStringField("timestamp", result.timestamp().toString());
            out.writeNumberField("pageSize", result.pageSize());
            out.writeNumberField("pageCount", result.pageCount());
            out.writeStringField("databaseChecksum", HexFormat.of().toHexDigits(result.databaseChecksum()));
            out.writeNumberField("checkedChecksums", result.checkedChecksums());
            out.writeNumberField("files", result.files());
            out.writeNumberField("bytes", result.bytesRead());
            out.writeNumberField("durationSeconds", Amounts.toSeconds(result.duration()));
            out.writeArrayFieldStart("movedAside");
            for (Path file : result.movedAside()) {
                out.writeString(file.toString());
            }
            out.writeEndArray();
            out.writeEndObject();
        });
    }
}
