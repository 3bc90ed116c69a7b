package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The database's own file, read page by page: past the page cache where the file system can, so that reading a whole
 * database neither charges its cache to us nor takes it from the app.
 */
final class DatabaseFile implements AutoCloseable {
    private static final int HEADER_BYTES = 100;

    private final Path path;
    private final NativeFile plain;
    private volatile @Nullable NativeFile direct;
    private final @Nullable NativeFile openedDirect;

    DatabaseFile(Path path) throws IOException {
        this.path = path;
        plain = NativeFile.open(path);
        openedDirect = openDirect(path);
        direct = openedDirect;
    }

    private static @Nullable NativeFile openDirect(Path path) {
        try {
            return NativeFile.openDirect(path);
        } catch (IOException e) {
            return null; // tmpfs and some network file systems: plain reads are right, only dearer
        }
    }

    /** The first 100 bytes, or fewer if the file has no more. */
    ByteBuffer header() throws IOException {
        ByteBuffer header = ByteBuffer.allocateDirect(HEADER_BYTES);
        plain.read(header, 0);
        return header.flip();
    }

    /**
     * Fills the buffer from an offset. What lies behind the end of the file reads as zeros, as it does for SQLite.
     * Direct when offset and address are multiples of 4096; pooled buffers and chunks of 256 KiB always are.
     */
    void read(ByteBuffer pages, long offset) throws IOException {
        int start = pages.position();
        NativeFile past = direct;
        if (past != null && isAligned(pages, offset)) {
            readDirect(past, pages, offset);
        }
        if (pages.hasRemaining()) {
            plain.read(pages, offset + pages.position() - start);
        }
        while (pages.hasRemaining()) {
            pages.put((byte) 0);
        }
    }

    /** Reads as many bytes as that way gives; the caller reads what is missing the plain way. */
    private void readDirect(NativeFile past, ByteBuffer pages, long offset) {
        int wanted = pages.remaining();
        int rounded = Math.min(roundUp(wanted), roundDown(pages.capacity() - pages.position()));
        if (rounded == 0) {
            return;
        }
        ByteBuffer whole = pages.duplicate().limit(pages.position() + rounded);
        try {
            int read = past.readOnce(whole, offset);
            pages.position(pages.position() + Math.min(read, wanted));
        } catch (IOException e) {
            // Some file systems refuse at the first read only. A device's error comes again in the plain read.
            direct = null;
        }
    }

    private static boolean isAligned(ByteBuffer buffer, long offset) {
        return offset % NativeFile.DIRECT_ALIGNMENT == 0
                && buffer.isDirect()
                && MemorySegment.ofBuffer(buffer).address() % NativeFile.DIRECT_ALIGNMENT == 0;
    }

    private static int roundUp(int bytes) {
        return Math.ceilDiv(bytes, NativeFile.DIRECT_ALIGNMENT) * NativeFile.DIRECT_ALIGNMENT;
    }

    private static int roundDown(int bytes) {
        return bytes / NativeFile.DIRECT_ALIGNMENT * NativeFile.DIRECT_ALIGNMENT;
    }

    long size() throws IOException {
        return plain.size();
    }

    long inode() throws IOException {
        return plain.inode();
    }

    boolean isStillAtItsPath() throws IOException {
        return plain.isStillAtItsPath();
    }

    Path path() {
        return path;
    }

    @Override
    public void close() {
        plain.close();
        if (openedDirect != null) {
            openedDirect.close();
        }
    }
}
