package io.sqlitereplica.sidecar.state;

import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.OptionalLong;

/**
 * A file with the checksum of each page of a database, {@value #ENTRY_BYTES} bytes a page; 0 is unknown, which the lock
 * page always is. It is quick for pages in ascending order, and keeps {@value #WINDOW_BYTES} bytes in memory. Not for several threads.
 */
public final class PageTable implements AutoCloseable {
    static final int ENTRY_BYTES = Long.BYTES;

    private static final int WINDOW_BYTES = 4096;
    private static final int WINDOW_ENTRIES = WINDOW_BYTES / ENTRY_BYTES;

    private final FileChannel channel;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW_BYTES);
    private long windowAt = -1;
    private boolean changed;
    private int pageCount;

    private PageTable(FileChannel channel) throws IOException {
        this.channel = channel;
        long entries = channel.size() / ENTRY_BYTES;
        this.pageCount = (int) Math.min(entries, Integer.MAX_VALUE);
    }

    /** Opens the table in a file, or begins one without pages where there is no file. */
    public static PageTable open(Path file) throws IOException {
        return new PageTable(
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.CREATE));
    }

    /** For how many pages there are entries. */
    public int pageCount() {
        return pageCount;
    }

    /** Makes it a table of that many pages: cuts off the entries behind, or adds unknown ones. */
    public void resize(int pages) throws IOException {
        flush();
        windowAt = -1;
        channel.truncate((long) pages * ENTRY_BYTES);
        long size = channel.size();
        if (size < (long) pages * ENTRY_BYTES) { // a hole reads as zeros
            channel.write(ByteBuffer.allocate(1), (long) pages * ENTRY_BYTES - 1);
        }
        pageCount = pages;
    }

    /** The checksum of a page; 0 if it is unknown or behind the end. */
    public long get(int page) throws IOException {
        return page > pageCount ? 0 : window.getLong(moveTo(page));
    }

    /** Sets the checksum of a page, 0 for unknown; the table grows if the page is behind its end. */
    public void set(int page, long checksum) throws IOException {
        if (page > pageCount) {
            resize(page);
        }
        window.putLong(moveTo(page), checksum);
        changed = true;
    }

    private int moveTo(int page) throws IOException {
        if (page < 1) {
            throw new IllegalArgumentException("Not a page: " + page);
        }
        long entry = page - 1L;
        long wanted = entry / WINDOW_ENTRIES * WINDOW_BYTES;
        if (wanted != windowAt) {
            flush();
            windowAt = -1;
            window.clear();
            while (window.hasRemaining() && channel.read(window, wanted + window.position()) >= 0) {
                // until the window is full or the file ends
            }
            while (window.hasRemaining()) {
                window.put((byte) 0);
            }
            windowAt = wanted;
        }
        return (int) (entry % WINDOW_ENTRIES) * ENTRY_BYTES;
    }

    private void flush() throws IOException {
        if (changed) {
            long end = Math.min(windowAt + WINDOW_BYTES, (long) pageCount * ENTRY_BYTES);
            ByteBuffer bytes = window.duplicate().clear().limit((int) (end - windowAt));
            while (bytes.hasRemaining()) {
                channel.write(bytes, windowAt + bytes.position());
            }
            changed = false;
        }
    }

    /** The checksum of the database, or empty if that of any page but the lock page is unknown. */
    public OptionalLong databaseChecksum(int pageSize) throws IOException {
        long checksum = 0;
        int lockPage = LockPage.of(pageSize);
        for (int page = 1; page <= pageCount && page > 0; page++) {
            long one = get(page);
            if (one == 0 && page != lockPage) {
                return OptionalLong.empty();
            }
            checksum ^= page == lockPage ? 0 : one;
        }
        return OptionalLong.of(checksum | PageChecksum.FLAG);
    }

    /** Writes what was changed and waits until it is durable. */
    public void force() throws IOException {
        flush();
        channel.force(true);
    }

    /** Closes the file. Changes since {@link #force} are written, but perhaps not durable. */
    @Override
    public void close() throws IOException {
        try (channel) {
            flush();
        }
    }
}
