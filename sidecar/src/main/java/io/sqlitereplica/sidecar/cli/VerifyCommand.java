package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.restore.DatabaseComparison;
import io.sqlitereplica.sidecar.restore.ReplicaVerifier;
import io.sqlitereplica.sidecar.restore.Verification;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "verify",
        description = {
            "Reads all that a restore of the newest state would read, and checks every checksum, without making the"
                    + " database. With --against also compares each page with a database; what was committed there"
                    + " since the last sync is a difference."
        })
final class VerifyCommand implements Callable<Integer> {
    private final Console console;

    @Mixin
    private Source source = new Source();

    @Option(names = "--against", paramLabel = "DB", description = "A database that must equal the replica.")
    private @Nullable Path database;

    @Option(names = "--json", description = "Print the result as JSON.")
    private boolean json;

    VerifyCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws Exception {
        BufferPool pool = BufferPool.forThisJvm();
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        try (ReplicaStore store = source.open(pool);
                ReplicaVerifier verifier = new ReplicaVerifier(store, temporary, pool)) {
            Verification verification =
                    verifier.verify(new ProgressPrinter("verifying", console)).orElseThrow(() -> Source.empty(store));
            DatabaseComparison comparison = database == null ? null : verifier.compare(database, verification);
            if (json) {
                printJson(verification, comparison);
            } else {
                print(store, verification, comparison);
            }
            return comparison == null || comparison.equal() ? ExitCode.OK : ExitCode.FAILURE;
        }
    }

    private void print(ReplicaStore store, Verification verification, @Nullable DatabaseComparison comparison) {
        console.out()
                .printf(
                        "Verified %s: TXID %s of %s, %d pages, %d files (%s) in %s; every file checksum is right, and"
                                + " so is every checksum of the database, which %d of the files carry%n",
                        store.location(),
                        verification.txId(),
                        verification.timestamp(),
                        verification.pageCount(),
                        verification.files(),
                        Amounts.bytes(verification.bytesRead()),
                        Amounts.seconds(verification.duration()),
                        verification.checkedChecksums());
        if (comparison == null) {
            return;
        }
        if (comparison.equal()) {
            console.out().printf("Equal: %s has the same %d pages%n", database, comparison.pageCount());
        } else {
            console.err()
                    .printf(
                            "sqlite-replica: Different: %s has %d pages, the replica %d; of those that both have, %d"
                                    + " differ%s%n",
                            database,
                            comparison.pageCount(),
                            comparison.replicaPageCount(),
                            comparison.differentPages(),
                            comparison.firstDifferentPage() == 0
                                    ? ""
                                    : ", first page " + comparison.firstDifferentPage());
        }
    }

    private void printJson(Verification verification, @Nullable DatabaseComparison comparison) throws Exception {
        console.json(out -> {
            out.writeStartObject();
            out.writeStringField("txid", verification.txId().toString());
            out.writeStringField("timestamp", verification.timestamp().toString());
            out.writeNumberField("pageSize", verification.pageSize());
            out.writeNumberField("pageCount", verification.pageCount());
            out.writeStringField("databaseChecksum", HexFormat.of().toHexDigits(verification.databaseChecksum()));
            out.writeNumberField("checkedChecksums", verification.checkedChecksums());
            out.writeNumberField("files", verification.files());
            out.writeNumberField("bytes", verification.bytesRead());
            out.writeNumberField("durationSeconds", Amounts.toSeconds(verification.duration()));
            if (comparison != null) {
                out.writeObjectFieldStart("against");
                out.writeStringField("database", String.valueOf(database));
                out.writeBooleanField("equal", comparison.equal());
                out.writeNumberField("pageCount", comparison.pageCount());
                out.writeNumberField("differentPages", comparison.differentPages());
                out.writeEndObject();
            }
            out.writeEndObject();
        });
    }
}
