package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.time.Duration;
import java.time.Instant;

/**
 * What a verification found right; what is wrong is an exception.
 *
 * @param txId the newest transaction
 * @param timestamp of that transaction
 * @param pageSize of the database, in bytes
 * @param pageCount of the database
 * @param databaseChecksum of the database, computed from its pages
 * @param checkedChecksums how many of the files carried a checksum of the database, which was right; Litestream's files
 *     carry none
 * @param files that were read
 * @param bytesRead of the replica
 * @param duration it took
 */
public record Verification(
        TxId txId,
        Instant timestamp,
        int pageSize,
        long pageCount,
        long databaseChecksum,
        long checkedChecksums,
        long files,
        long bytesRead,
        Duration duration) {}
