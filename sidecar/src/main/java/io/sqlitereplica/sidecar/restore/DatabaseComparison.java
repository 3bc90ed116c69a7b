package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException;
import io.sqlitereplica.sidecar.wal.SnapshotReader;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;

/**
 * How a database differs from a replica.
 *
 * @param pageCount pages of the database
 * @param replicaPageCount pages of the database in the replica
 * @param differentPages how many of the pages that both have differ
 * @param firstDifferentPage the first of them; 0: none
 */
public record DatabaseComparison(long pageCount, long replicaPageCount, long differentPages, int firstDifferentPage) {
    /** Whether they are the same, byte by byte. */
    public boolean equal() {
        return pageCount == replicaPageCount && differentPages == 0;
    }

    /**
     * Compares a database, as of its last commit, with the page checksums of a replica. A database without a WAL is only
     * read; one with a WAL is opened as SQLite does, by a reader.
     *
     * @param temporary a folder for temporary files
     * @throws RestoreException if it cannot be compared
     */
    public static DatabaseComparison of(Path database, PageTable replica, int pageSize, Path temporary, BufferPool pool)
            throws IOException {
        Path file = database.toAbsolutePath();
        if (!Files.isRegularFile(file)) {
            throw new RestoreException("There is no file %s to compare the replica with".formatted(file));
        }
        Path wal = file.toRealPath().resolveSibling(file.toRealPath().getFileName() + "-wal");
        return Files.exists(wal) && Files.size(wal) > 0
                ? withWal(file, replica, pageSize, temporary, pool)
                : withoutWal(file, replica, pageSize, pool);
    }

    private static DatabaseComparison withoutWal(Path file, PageTable replica, int pageSize, BufferPool pool)
            throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long pageCount = channel.size() / pageSize;
            return compare(pool, replica, pageSize, pageCount, into -> {
                int before = into.position();
                while (into.hasRemaining() && channel.read(into) >= 0) {
                    // until it is full or the file ends
                }
                return (into.position() - before) / pageSize;
            });
        }
    }

    private static DatabaseComparison withWal(
            Path file, PageTable replica, int pageSize, Path temporary, BufferPool pool) throws IOException {
        try (WalDatabase database = WalDatabase.open(file, pool);
                SnapshotReader snapshot = database.snapshot(temporary)) {
            if (snapshot.pageSize() != pageSize) {
                throw new RestoreException(
                        "The pages of %s have %d bytes, those of the replica %d: they are not of one database"
                                .formatted(file, snapshot.pageSize(), pageSize));
            }
            return compare(pool, replica, pageSize, snapshot.pageCount(), snapshot::nextPages);
        } catch (DatabaseRefusedException | SQLException e) {
            throw new RestoreException("The database %s cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Fills a buffer with whole pages. */
    @FunctionalInterface
    private interface Pages {
        /** How many were put into it, 0 at the end. */
        int next(ByteBuffer into) throws IOException;
    }

    private static DatabaseComparison compare(
            BufferPool pool, PageTable replica, int pageSize, long pageCount, Pages pages) throws IOException {
        int lockPage = LockPage.of(pageSize);
        long different = 0;
        int first = 0;
        try (Lease memory = pool.lease(1)) {
            ByteBuffer buffer = memory.get(0);
            int page = 1;
            for (int count = pages.next(buffer.clear()); count > 0; count = pages.next(buffer.clear())) {
                for (int i = 0; i < count; i++, page++) {
                    buffer.limit((i + 1) * pageSize).position(i * pageSize);
                    if (page != lockPage
                            && page <= replica.pageCount()
                            && replica.get(page) != PageChecksum.of(page, buffer)) {
                        different++;
                        first = first == 0 ? page : first;
                    }
                }
            }
        }
        return new DatabaseComparison(pageCount, replica.pageCount(), different, first);
    }
}
