package io.sqlitereplica.sidecar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "list",
        description = "Lists the files of a replica, highest level first: 9 are snapshots, 0 are single syncs.")
final class ListCommand implements Callable<Integer> {
    private static final int SNAPSHOT_LEVEL = 9;

    private final Console console;

    @Mixin
    private Source source = new Source();

    @Option(names = "--json", description = "Print the list as JSON.")
    private boolean json;

    private long files;

    ListCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        try (ReplicaStore store = source.open(BufferPool.forThisJvm())) {
            if (json) {
                console.json(out -> {
                    out.writeStartArray();
                    list(store, file -> writeJson(file, out));
                    out.writeEndArray();
                });
            } else {
                list(store, this::print);
            }
            if (files == 0) {
                throw Source.empty(store);
            }
            return ExitCode.OK;
        }
    }

    private void list(ReplicaStore store, Consumer<ReplicaFile> each) throws IOException {
        for (int level = SNAPSHOT_LEVEL; level >= 0; level--) {
            store.list(level, file -> {
                each.accept(file);
                files++;
            });
        }
    }

    private void print(ReplicaFile file) {
        if (files == 0) {
            console.out().println("LEVEL  FIRST TXID        LAST TXID               BYTES  TIME");
        }
        console.out()
                .printf(
                        "%-5d  %s  %s  %10d  %s%n",
                        file.level(), file.name().min(), file.name().max(), file.sizeBytes(), time(file));
    }

    private static void writeJson(ReplicaFile file, JsonGenerator out) {
        try {
            out.writeStartObject();
            out.writeNumberField("level", file.level());
            out.writeStringField("minTxid", file.name().min().toString());
            out.writeStringField("maxTxid", file.name().max().toString());
            out.writeNumberField("bytes", file.sizeBytes());
            out.writeStringField("timestamp", time(file));
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String time(ReplicaFile file) {
        return file.timestamp().truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
