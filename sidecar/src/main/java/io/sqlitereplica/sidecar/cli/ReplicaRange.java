package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.time.Instant;

/**
 * Files of one level that follow each other without a hole; of level 9 a single snapshot, which needs no other.
 *
 * @param first when the first file was written
 * @param last when the last file was written
 */
record ReplicaRange(int level, long files, TxId min, TxId max, long bytes, Instant first, Instant last) {
    private static final int SNAPSHOTS = 9;

    static ReplicaRange of(ReplicaFile file) {
        return new ReplicaRange(
                file.level(),
                1,
                file.name().min(),
                file.name().max(),
                file.sizeBytes(),
                file.timestamp(),
                file.timestamp());
    }

    /** The next file of the listing goes on where this ends, or before. */
    boolean isContinuedBy(ReplicaFile file) {
        return level == file.level() && level != SNAPSHOTS && file.name().min().compareTo(max.next()) <= 0;
    }

    ReplicaRange with(ReplicaFile file) {
        TxId end = file.name().max();
        return new ReplicaRange(
                level,
                files + 1,
                min,
                end.compareTo(max) > 0 ? end : max,
                bytes + file.sizeBytes(),
                first,
                file.timestamp().isAfter(last) ? file.timestamp() : last);
    }
}
