package io.sqlitereplica.sidecar.state;

import io.sqlitereplica.sidecar.ltx.LtxFileName;

/** What makes the step to the next position done. */
public sealed interface Completion {
    /** The file of its TXID is among the staged files. */
    record Staged() implements Completion {}

    /** The replica has this file with this checksum. */
    record Uploaded(int level, LtxFileName name, long fileChecksum) implements Completion {}

    /** Nothing more: it describes what the replica is known to have. */
    record Known() implements Completion {}
}
