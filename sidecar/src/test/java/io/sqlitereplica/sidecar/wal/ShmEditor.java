package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Puts {@code -shm} into the states in which a dying writer leaves it. To be closed after the connections of its process.
 */
final class ShmEditor implements AutoCloseable {
    private static final int COPY_BYTES = 48;

    private final RandomAccessFile file;

    ShmEditor(Path path) throws IOException {
        file = new RandomAccessFile(path.toFile(), "rw");
    }

    /** Both copies of the header. */
    byte[] headers() throws IOException {
        byte[] headers = new byte[2 * COPY_BYTES];
        file.seek(0);
        file.readFully(headers);
        return headers;
    }

    void putHeaders(byte[] headers) throws IOException {
        file.seek(0);
        file.write(headers);
    }

    /** As if a writer had died after the second copy, and before the first. */
    void putFirstCopy(byte[] headers) throws IOException {
        file.seek(0);
        file.write(headers, 0, COPY_BYTES);
    }

    /** Makes the copies differ: SQLite recovers the log at its next look. */
    void tear() throws IOException {
        byte[] headers = headers();
        headers[8] ^= 1;
        putFirstCopy(headers);
    }

    /** As if a writer had restarted the log, and died before it wrote a frame. */
    void restartLog() throws IOException {
        ByteBuffer header = ByteBuffer.wrap(headers()).order(ByteOrder.nativeOrder());
        header.putInt(16, 0);
        header.putInt(36, header.getInt(36) ^ 0x5a5a5a5a);
        header.order(ByteOrder.BIG_ENDIAN);
        header.putInt(32, header.getInt(32) + 1);
        WalChecksum checksum = new WalChecksum(ByteOrder.nativeOrder());
        checksum.add(header, 0, 40);
        header.order(ByteOrder.nativeOrder());
        header.putInt(40, checksum.first());
        header.putInt(44, checksum.second());
        header.put(COPY_BYTES, header.array(), 0, COPY_BYTES);
        putHeaders(header.array());
        file.seek(96);
        file.write(new byte[4]);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
