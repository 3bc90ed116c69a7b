package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import java.time.Instant;

/**
 * A file of a replica, as a listing shows it.
 *
 * @param level 0 for single syncs, 1 to 8 for compactions, 9 for snapshots
 * @param name the TXIDs that the file covers
 * @param sizeBytes its size
 * @param timestamp in a folder the time of the LTX header; in S3 the time of the upload, see {@link
 *     ReplicaStore#timestamp}
 */
public record ReplicaFile(int level, LtxFileName name, long sizeBytes, Instant timestamp) {
    public ReplicaFile {
        Levels.check(level);
    }
}
