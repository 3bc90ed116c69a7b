package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.storage.RequestCounter.Operation;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Instant;

/** A stream into a folder. */
final class FileUpload implements Upload {
    static final int BUFFERS = 1;

    private static final System.Logger LOG = System.getLogger(FileUpload.class.getName());

    private final FileReplicaStore store;
    private final NewFile file;
    private final StreamLimit.Permit permit;
    private final Instant timestamp;
    private boolean open = true;

    FileUpload(FileReplicaStore store, NewFile file, StreamLimit.Permit permit, Instant timestamp) {
        this.store = store;
        this.file = file;
        this.permit = permit;
        this.timestamp = timestamp;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        int length = bytes.remaining();
        try {
            file.write(bytes);
        } catch (IOException e) {
            throw FileErrors.explain(store.location(), "write", e);
        }
        return length;
    }

    @Override
    public CreateResult commit() throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
        return store.counted(Operation.PUT, "write", () -> file.commit(timestamp));
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
