package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.wal.SnapshotReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.LockSupport;

/** Reads a whole database, page by page, without taking the disk from the app. */
final class DatabaseScan {
    /**
     * Half of the disk is left to the app: after each buffer it is not read for as long as reading the buffer took, at
     * most this. What is done with the pages meanwhile counts, and mostly takes longer.
     */
    private static final long LONGEST_PAUSE_NANOS = 1_000_000;

    private DatabaseScan() {}

    /** Is given each page but the lock page. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A page.
         *
         * @param image its bytes are the remaining ones; the position must stay
         */
        void page(int page, long checksum, ByteBuffer image) throws IOException;
    }

    /** Is asked whether to go on, after every buffer. */
    @FunctionalInterface
    interface Check {
        void check() throws IOException;
    }

    /**
     * Reads all of it.
     *
     * @return the checksum of the database
     */
    static long forEachPage(SnapshotReader image, Check check, Visitor visitor) throws IOException {
        int pageSize = image.pageSize();
        int lockPage = LockPage.of(pageSize);
        long databaseChecksum = 0;
        try (Scratch scratch = new Scratch()) {
            ByteBuffer buffer = scratch.buffer();
            int page = 1;
            long start = System.nanoTime();
            for (int count = image.nextPages(buffer.clear()); count > 0; count = image.nextPages(buffer.clear())) {
                long read = System.nanoTime();
                long nextRead = read + Math.min(read - start, LONGEST_PAUSE_NANOS);
                for (int i = 0; i < count; i++, page++) {
                    if (page != lockPage) {
                        buffer.limit((i + 1) * pageSize).position(i * pageSize);
                        long checksum = PageChecksum.of(page, buffer);
                        databaseChecksum ^= checksum;
                        visitor.page(page, checksum, buffer);
                    }
                }
                check.check();
                LockSupport.parkNanos(nextRead - System.nanoTime()); // none if that has passed
                start = System.nanoTime();
            }
        }
        return databaseChecksum | PageChecksum.FLAG;
    }
}
