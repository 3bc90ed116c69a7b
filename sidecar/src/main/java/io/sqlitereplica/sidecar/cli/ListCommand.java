package io.sqlitereplica.sidecar.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "list",
        description = {
            "Lists what a replica has, highest level first: each snapshot (level 9), and for each level below the"
                    + " transactions that its files lead through without a hole.",
            "",
            "A database can be restored to the last TXID of any snapshot or file: level 0 has each sync, a level above"
                    + " it fewer points of an older time."
        })
final class ListCommand implements Callable<Integer> {
    private static final int SNAPSHOT_LEVEL = 9;

    private final Console console;

    @Mixin
    private Source source = new Source();

    @Option(names = "--files", description = "List each file: the last TXID of each is a point to restore.")
    private boolean eachFile;

    @Option(names = "--json", description = "Print the list as JSON.")
    private boolean json;

    private @Nullable ReplicaRange open;
    private long lines;

    ListCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        try (ReplicaStore store = source.open(BufferPool.forThisJvm())) {
            if (json) {
                console.json(out -> {
                    out.writeStartArray();
                    list(store, range -> writeJson(range, out));
                    out.writeEndArray();
                });
            } else {
                list(store, this::print);
            }
            if (lines == 0) {
                throw Source.empty(store);
            }
            return ExitCode.OK;
        }
    }

    private void list(ReplicaStore store, Consumer<ReplicaRange> each) throws IOException {
        for (int level = SNAPSHOT_LEVEL; level >= 0; level--) {
            store.list(level, file -> {
                ReplicaRange before = open;
                if (before != null && !eachFile && before.isContinuedBy(file)) {
                    open = before.with(file);
                } else {
                    give(each);
                    open = ReplicaRange.of(file);
                }
            });
        }
        give(each);
    }

    private void give(Consumer<ReplicaRange> each) {
        if (open != null) {
            each.accept(open);
            lines++;
            open = null;
        }
    }

    private void print(ReplicaRange range) {
        if (lines == 0) {
            console.out()
                    .println("LEVEL    FILES  FIRST TXID        LAST TXID                BYTES  WRITTEN FROM"
                            + "              UNTIL");
        }
        console.out()
                .printf(
                        "%-5d  %7d  %s  %s  %11d  %-24s  %s%n",
                        range.level(),
                        range.files(),
                        range.min(),
                        range.max(),
                        range.bytes(),
                        time(range.first()),
                        time(range.last()));
    }

    private static void writeJson(ReplicaRange range, JsonGenerator out) {
        try {
            out.writeStartObject();
            out.writeNumberField("level", range.level());
            out.writeNumberField("files", range.files());
            out.writeStringField("minTxid", range.min().toString());
            out.writeStringField("maxTxid", range.max().toString());
            out.writeNumberField("bytes", range.bytes());
            out.writeStringField("firstTimestamp", time(range.first()));
            out.writeStringField("lastTimestamp", time(range.last()));
            out.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.MILLIS).toString();
    }
}
