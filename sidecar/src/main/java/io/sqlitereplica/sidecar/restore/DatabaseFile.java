package io.sqlitereplica.sidecar.restore;

import com.sun.nio.file.ExtendedOpenOption;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * A database file that nobody else uses yet. Pages that follow each other are written together; large writes go past the
 * page cache where the file system allows that (O_DIRECT), so that a restore neither counts as the container's memory nor
 * pushes out what the app reads.
 */
final class DatabaseFile implements PageSink, AutoCloseable {
    private static final int DIRECT_FROM_BYTES = 64 * 1024;

    private final ByteBuffer run;
    private final FileChannel plain;
    private final @Nullable FileChannel direct;
    private final long directAlignment;
    private long runAt;
    private long directBytes;

    /**
     * Creates the file, which must not be there.
     *
     * @param memory a whole buffer of the pool, which its caller leased, and keeps
     */
    DatabaseFile(Path path, ByteBuffer memory) throws IOException {
        run = memory.clear();
        plain = FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        try {
            directAlignment = Math.max(
                    BufferPool.ALIGNMENT_BYTES, Files.getFileStore(path).getBlockSize());
            direct = openDirect(path);
        } catch (Throwable e) {
            plain.close();
            throw e;
        }
    }

    private static @Nullable FileChannel openDirect(Path path) {
        try {
            return FileChannel.open(path, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
        } catch (IOException | UnsupportedOperationException _) {
            return null; // some file systems have no O_DIRECT
        }
    }

    @Override
    public void page(int number, ByteBuffer page) throws IOException {
        long at = (number - 1L) * page.remaining();
        if (at != runAt + run.position() || run.remaining() < page.remaining()) {
            flush();
            runAt = at;
        }
        run.put(page.duplicate());
    }

    @Override
    public void resize(int pageSize, long pages) throws IOException {
        flush();
        long size = pages * pageSize;
        plain.truncate(size);
        if (plain.size() < size) { // the lock page at the end: nobody writes it
            plain.write(ByteBuffer.allocate(1), size - 1);
        }
    }

    private void flush() throws IOException {
        run.flip();
        boolean large = run.remaining() >= DIRECT_FROM_BYTES
                && run.remaining() % directAlignment == 0
                && runAt % directAlignment == 0;
        FileChannel channel = plain;
        if (large && direct != null) {
            channel = direct;
            directBytes += run.remaining();
        }
        while (run.hasRemaining()) {
            runAt += channel.write(run, runAt);
        }
        run.clear();
    }

    /** How much was written past the page cache. */
    long directBytes() {
        return directBytes;
    }

    /** Makes everything durable but the file's name. */
    void force() throws IOException {
        flush();
        plain.force(true);
    }

    @Override
    public void close() throws IOException {
        try (plain) {
            if (direct != null) {
                direct.close();
            }
        }
    }
}
