package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.NoSuchElementException;

/** A list of replica files on disk: a replica may have more of them than fit into memory. Deleted when closed. */
final class ReplicaFileSpill implements AutoCloseable {
    private static final int ENTRY_BYTES = 1 + 4 * Long.BYTES;
    private static final int ENTRIES_AT_ONCE = 128;

    private final Path path;
    private final FileChannel channel;
    private final ByteBuffer pending = ByteBuffer.allocate(ENTRY_BYTES * ENTRIES_AT_ONCE);
    private long size;

    ReplicaFileSpill(Path path) throws IOException {
        this.path = path;
        this.channel = FileChannel.open(
                path,
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE);
    }

    void add(ReplicaFile file) throws IOException {
        pending.put((byte) file.level())
                .putLong(file.name().min().value())
                .putLong(file.name().max().value())
                .putLong(file.sizeBytes())
                .putLong(file.timestamp().toEpochMilli());
        size++;
        if (!pending.hasRemaining()) {
            flush();
        }
    }

    private void flush() throws IOException {
        pending.flip();
        while (pending.hasRemaining()) {
            channel.write(pending);
        }
        pending.clear();
    }

    long size() {
        return size;
    }

    /** The entry of a number. */
    ReplicaFile get(long number) throws IOException {
        return read(number, number + 1).next();
    }

    /** Reads the entries from number {@code from} up to before {@code to}; what is added after that is not among them. */
    Cursor read(long from, long to) throws IOException {
        flush();
        return new Cursor(from, to);
    }

    /** Goes through some of the entries in the order in which they were added. */
    final class Cursor {
        private final ByteBuffer window = ByteBuffer.allocate(ENTRY_BYTES * ENTRIES_AT_ONCE);
        private long next;
        private final long end;

        private Cursor(long from, long to) {
            this.next = from;
            this.end = to;
            window.limit(0);
        }

        boolean hasNext() {
            return next < end;
        }

        ReplicaFile next() throws IOException {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            if (!window.hasRemaining()) {
                fill();
            }
            next++;
            int level = window.get();
            LtxFileName name = new LtxFileName(new TxId(window.getLong()), new TxId(window.getLong()));
            return new ReplicaFile(level, name, window.getLong(), Instant.ofEpochMilli(window.getLong()));
        }

        private void fill() throws IOException {
            window.clear().limit((int) Math.min(end - next, ENTRIES_AT_ONCE) * ENTRY_BYTES);
            long offset = next * ENTRY_BYTES;
            while (window.hasRemaining()) {
                if (channel.read(window, offset + window.position()) < 0) {
                    throw new EOFException(path + " was cut while in use");
                }
            }
            window.flip();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(path);
    }
}
