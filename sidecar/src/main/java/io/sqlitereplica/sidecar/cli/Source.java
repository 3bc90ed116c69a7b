package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.io.IOException;
import java.util.SortedSet;
import java.util.TreeSet;
import picocli.CommandLine.Option;

/** The replica that a command reads. */
final class Source {
    private static final int NAMED = 10;

    @Option(
            names = "--from",
            required = true,
            paramLabel = "URL",
            description = "The replica: file:/folder or s3://bucket/prefix?endpoint=…&region=…")
    private String url = "";

    /** Opens the replica and looks whether its destination is there and may be read. */
    ReplicaStore open(BufferPool pool) throws ConfigException, IOException {
        ReplicaStore store = ReplicaStores.open(parse(url), CredentialsSource.environment(), pool);
        try {
            store.check();
            return store;
        } catch (Throwable e) {
            store.close();
            throw e;
        }
    }

    static ReplicaUrl parse(String url) throws ConfigException {
        try {
            return ReplicaUrl.parse(url);
        } catch (IllegalArgumentException e) {
            throw new ConfigException(String.valueOf(e.getMessage()), e);
        }
    }

    /** What to say when the destination is fine but has no replica. Perhaps it has some further down. */
    static IOException empty(ReplicaStore store) {
        SortedSet<String> below = new TreeSet<>();
        try {
            store.folders(folder -> {
                below.add(folder);
                if (below.size() > NAMED) {
                    below.removeLast();
                }
            });
        } catch (IOException e) {
            return e;
        }
        return new IOException("There is no replica at %s: %s"
                .formatted(
                        store.location(),
                        below.isEmpty()
                                ? "look whether the prefix is right"
                                : "below it are " + String.join(", ", below) + (below.size() == NAMED ? ", …" : "")));
    }
}
