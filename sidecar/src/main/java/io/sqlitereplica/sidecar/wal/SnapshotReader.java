package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The whole database as of one commit, page by page in order, while the app goes on: its file, overlaid by the frames of
 * the log up to that commit.
 *
 * <p>A reader of its own holds it still. Backfilling stops at that reader's mark, which is at most the published end E
 * seen after it began: so a page with a frame up to E is taken from the log, where published frames never change, and a
 * page without one is not being written. When everything up to E is in the file already, the file alone is the image. While
 * it is open the log cannot restart: close it soon.
 *
 * <p>To be read by one thread, any one, until it is closed; closed by any thread, before its {@link WalDatabase}.
 */
public final class SnapshotReader implements AutoCloseable {
    private final PublishedHeader header;
    private final WalPosition position;
    private final int pageSize;
    private final long pageCount;
    private final DatabaseFile file;
    private final WalFile log;
    private final Sqlite connection;
    private final AtomicInteger openSnapshots;
    private final @Nullable FrameSorter index;
    private FrameSorter.@Nullable Cursor overlay;
    private boolean indexed;
    private long nextPage = 1;
    private boolean closed;

    SnapshotReader(
            PublishedHeader header,
            WalPosition position,
            int pageSize,
            DatabaseFile file,
            WalFile log,
            Sqlite connection,
            Path spillFolder,
            AtomicInteger openSnapshots)
            throws IOException {
        this.header = header;
        this.position = position;
        this.pageSize = pageSize;
        this.file = file;
        this.log = log;
        this.connection = connection;
        this.openSnapshots = openSnapshots;
        // As SQLite counts: what the header says, or, when it says nothing, what the file holds.
        this.pageCount = header.pageCount() > 0 ? header.pageCount() : Math.ceilDiv(file.size(), pageSize);
        this.index = header.fullyBackfilled() ? null : new FrameSorter(spillFolder);
    }

    /** The commit that it shows. */
    public PublishedHeader header() {
        return header;
    }

    /** Where the log goes on behind it: a copy made from this snapshot stands there. */
    public WalPosition position() {
        return position;
    }

    /** Pages of the database. */
    public long pageCount() {
        return pageCount;
    }

    /** Bytes of a page. */
    public int pageSize() {
        return pageSize;
    }

    /** Number of the first page that the next reading gives. */
    public long nextPageNumber() {
        return nextPage;
    }

    /**
     * Reads the next pages, as many whole ones as there is room for, in order from page 1. A pooled buffer, always filled
     * whole, is read past the page cache. The page at one GiB, which SQLite never uses, is among them.
     *
     * @param pages a direct buffer
     * @return how many; 0 at the end
     */
    public int nextPages(ByteBuffer pages) throws IOException {
        int count = (int) Math.min(pages.remaining() / pageSize, pageCount - nextPage + 1);
        if (count == 0) {
            return 0;
        }
        int start = pages.position();
        int limit = pages.limit();
        pages.limit(start + count * pageSize);
        file.read(pages, (nextPage - 1) * pageSize);
        overlay(pages, start, nextPage, nextPage + count);
        pages.limit(limit);
        nextPage += count;
        return count;
    }

    /** Replaces those of the pages that the log has a later version of. */
    private void overlay(ByteBuffer pages, int start, long first, long end) throws IOException {
        if (!indexed) {
            indexed = true;
            overlay = indexLog();
        }
        while (overlay != null && overlay.page() < end) {
            int offset = start + Math.toIntExact((overlay.page() - first) * pageSize);
            log.readPage(overlay.frame(), pages.slice(offset, pageSize));
            if (!overlay.next()) {
                overlay = null;
            }
        }
    }

    private FrameSorter.@Nullable Cursor indexLog() throws IOException {
        if (index == null) {
            return null;
        }
        ByteBuffer buffer = ByteBuffer.allocateDirect(WalFile.FRAME_HEADER_BYTES);
        for (int frame = 1; frame <= header.mxFrame(); frame++) {
            WalFile.FrameHeader at = log.frameHeader(frame, buffer);
            if (at.salts() != header.salts() && !at.hasNoChecksum()) {
                throw new WalDamagedException("Frame " + frame + " below " + header + " belongs to another generation");
            }
            index.add(at.pageNumber(), frame);
        }
        FrameSorter.Cursor cursor = index.sorted();
        return cursor.next() ? cursor : null;
    }

    /** Ends the reader: the log may restart again. */
    @Override
    public void close() throws IOException, SQLException {
        if (closed) {
            return;
        }
        closed = true;
        try {
            connection.close();
        } finally {
            openSnapshots.decrementAndGet();
            if (index != null) {
                index.close();
            }
        }
    }
}
