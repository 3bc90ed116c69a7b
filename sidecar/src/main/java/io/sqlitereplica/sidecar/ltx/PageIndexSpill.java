package io.sqlitereplica.sidecar.ltx;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.DELETE_ON_CLOSE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a page index while the pages are written: in a buffer as long as they fit, else in a temporary file, so
 * that memory does not grow with the pages. On Linux the file has no name from the start, so a crash leaves nothing.
 */
final class PageIndexSpill implements AutoCloseable {
    private final ByteBuffer buffer;
    private final Path folder;
    private @Nullable FileChannel file;
    private long spilledBytes;

    PageIndexSpill(ByteBuffer buffer, Path folder) {
        this.buffer = buffer.clear();
        this.folder = folder;
    }

    void add(int pageNumber, long frameOffset, int frameSize) throws IOException {
        if (buffer.remaining() < PageIndexEntry.MAX_BYTES) {
            spill();
        }
        PageIndexEntry.put(buffer, pageNumber, frameOffset, frameSize);
    }

    private void spill() throws IOException {
        FileChannel to = file;
        if (to == null) {
            Path path = folder.resolve("page-index-" + UUID.randomUUID() + ".tmp");
            to = FileChannel.open(path, CREATE_NEW, READ, WRITE, DELETE_ON_CLOSE);
            file = to;
        }
        buffer.flip();
        while (buffer.hasRemaining()) {
            spilledBytes += to.write(buffer);
        }
        buffer.clear();
    }

    /** Gives all bytes in order, a piece at a time. Nothing can be added after that. */
    void forEachPiece(PieceConsumer consumer) throws IOException {
        FileChannel from = file;
        if (from != null) {
            spill();
            for (long position = 0; position < spilledBytes; ) {
                buffer.clear();
                int read = from.read(buffer, position);
                if (read < 0) {
                    throw new IOException("The temporary page index in " + folder + " was cut short");
                }
                position += read;
                consumer.accept(buffer.flip());
            }
        } else {
            consumer.accept(buffer.flip());
        }
    }

    /** Takes the bytes from the position to the limit. */
    @FunctionalInterface
    interface PieceConsumer {
        void accept(ByteBuffer piece) throws IOException;
    }

    @Override
    public void close() throws IOException {
        if (file != null) {
            file.close();
            file = null;
        }
    }
}
