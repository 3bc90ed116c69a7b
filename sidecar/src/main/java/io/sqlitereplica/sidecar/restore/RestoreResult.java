package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a restore made.
 *
 * @param txId the transaction up to which the database was restored
 * @param timestamp of that transaction
 * @param pageSize of the database, in bytes
 * @param pageCount of the database
 * @param databaseChecksum of the database, computed from its pages
 * @param checkedChecksums how many of the files carried a checksum of the database, which was right; Litestream's files
 *     carry none
 * @param files that were applied
 * @param bytesRead of the replica
 * @param duration it took
 * @param movedAside files that lay beside the database and would have been replayed over it, under their new names
 */
public record RestoreResult(
        TxId txId,
        Instant timestamp,
        int pageSize,
        long pageCount,
        long databaseChecksum,
        long checkedChecksums,
        long files,
        long bytesRead,
        Duration duration,
        List<Path> movedAside) {
    public RestoreResult {
        movedAside = List.copyOf(movedAside);
    }

    /** The size of the database, in bytes. */
    public long databaseBytes() {
        return pageSize * pageCount;
    }
}
