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

    /** An older version of it, which writes the older form of pages; likewise. */
    public static Path olderLitestream() {
        return Program.require("litestream-0.5.15", "SQLITE_REPLICA_LITESTREAM_0_5_15");
    }

    /** Its own tool that loads databases and checks replicas; likewise. */
    public static Path litestreamTest() {
        return Program.require("litestream-test", "SQLITE_REPLICA_LITESTREAM_TEST");
    }

    /** Its executable, for a test that can do without. */
    public static Optional<Path> litestreamIfInstalled() {
        return Program.optional("litestream", "SQLITE_REPLICA_LITESTREAM", "restores by Litestream");
    }
}
