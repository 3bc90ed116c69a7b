package io.sqlitereplica.sidecar.testing;

import java.nio.file.Path;
import java.util.Optional;

/** Litestream, with which replicas are exchanged in both directions. */
public final class Peer {
    private Peer() {}

    /** Its executable; where there is none the test is skipped or fails, as {@link S3Server} says. */
    public static Path litestream() {
        return Program.require("litestream", "SQLITE_REPLICA_LITESTREAM");
    }

    /** Its executable, for a test that can do without. */
    public static Optional<Path> litestreamIfInstalled() {
        return Program.optional("litestream", "SQLITE_REPLICA_LITESTREAM", "restores by Litestream");
    }
}
