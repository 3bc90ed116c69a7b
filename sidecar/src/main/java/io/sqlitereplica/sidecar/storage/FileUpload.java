package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.RequestCounter.Operation;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Instant;

/** A stream into a folder, written a buffer at a time and past the page cache. */
final class FileUpload implements Upload {
    static final int BUFFERS = 1;

    private static final System.Logger LOG = System.getLogger(FileUpload.class.getName());

    private final FileReplicaStore store;
    private final NewFile file;
    private final StreamLimit.Permit permit;
    private final Instant timestamp;
    private final ByteBuffer buffer;
    private long lengthBytes;
    private boolean open = true;

    FileUpload(FileReplicaStore store, NewFile file, StreamLimit.Permit permit, Instant timestamp) {
        this.store = store;
        this.file = file;
        this.permit = permit;
        this.timestamp = timestamp;
        this.buffer = permit.lease().get(0);
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        checkOpen();
        int length = bytes.remaining();
        while (bytes.hasRemaining()) {
            int count = Math.min(bytes.remaining(), buffer.remaining());
            buffer.put(buffer.position(), bytes, bytes.position(), count);
            buffer.position(buffer.position() + count);
            bytes.position(bytes.position() + count);
            lengthBytes += count;
            if (!buffer.hasRemaining()) {
                flush();
            }
        }
        return length;
    }

    private void flush() throws IOException {
        try {
            file.write(buffer.flip());
        } catch (IOException e) {
            throw FileErrors.explain(store.location(), "write", e);
        }
        buffer.clear();
    }

    @Override
    public CreateResult commit() throws IOException {
        checkOpen();
        return store.counted(Operation.PUT, "write", () -> {
            writeLastBlocks();
            return file.commit(timestamp);
        });
    }

    /** Only whole blocks can be written; what they are filled up with is cut off again. */
    private void writeLastBlocks() throws IOException {
        if (buffer.position() > 0) {
            while (buffer.position() % BufferPool.ALIGNMENT_BYTES != 0) {
                buffer.put((byte) 0);
            }
            flush();
            file.truncate(lengthBytes);
        }
    }

    private void checkOpen() throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        if (open) {
            open = false;
            try (permit) {
                file.close();
            } catch (IOException e) {
                LOG.log(Level.WARNING, "temporary file left behind: store={0} error={1}", store.location(), e);
            }
        }
    }
}
