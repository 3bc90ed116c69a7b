package io.sqlitereplica.sidecar.state;

import io.sqlitereplica.sidecar.ltx.LtxTrailer;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * How far a replica is: the state of the database as of a TXID.
 *
 * @param txId the newest whose file is staged or uploaded
 * @param timestamp of that file, in milliseconds; those of later files are not before it
 * @param databaseChecksum of the database at that point, as in a {@link LtxTrailer}
 * @param pageSize of the database, in bytes
 * @param pageCount of the database
 * @param inode of the database file, which tells it from another that took its name
 * @param wal where in the WAL the TXID ends; null: nowhere in particular, so only a comparison of all pages tells what
 *     came later. Never the start of a generation, which a later start could not recognise
 */
public record Position(
        TxId txId,
        Instant timestamp,
        long databaseChecksum,
        int pageSize,
        int pageCount,
        long inode,
        @Nullable WalPosition wal) {
    public Position {
        if (txId.equals(TxId.ZERO)) {
            throw new IllegalArgumentException("A position has a TXID");
        }
        if (databaseChecksum >= 0) {
            throw new IllegalArgumentException("The database checksum lacks bit 63");
        }
        if (pageSize < 512 || pageSize > 65536 || Integer.bitCount(pageSize) != 1) {
            throw new IllegalArgumentException("Not a page size: " + pageSize);
        }
        if (pageCount < 0) {
            throw new IllegalArgumentException("Not a number of pages: " + pageCount);
        }
        if (wal != null && wal.frame() == 0) {
            throw new IllegalArgumentException("A position in the WAL is behind a frame");
        }
        timestamp = timestamp.truncatedTo(ChronoUnit.MILLIS);
    }

    /** The same state of the database, of which no WAL is known to go on. */
    public Position withoutWal() {
        return new Position(txId, timestamp, databaseChecksum, pageSize, pageCount, inode, null);
    }

    /** The inode of a file, without opening it: closing a descriptor would drop SQLite's locks. */
    public static long inodeOf(Path file) throws IOException {
        return (Long) Files.getAttribute(file, "unix:ino");
    }
}
