package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/** The content of a replica's file. When the connection breaks, it is read on from where it broke. */
final class ReplicaFileChannel implements ReadableByteChannel {
    private static final int CHUNK_BYTES = 64 * 1024;

    private final ReplicaStore store;
    private final ReplicaFile file;
    private final Patience patience;
    private final LongConsumer progress;
    private final byte[] chunk;
    private @Nullable InputStream in;
    private long offset;
    private boolean open = true;

    /** Opens the file at the first read. Each read tells {@code progress} how many bytes it got. */
    ReplicaFileChannel(ReplicaStore store, ReplicaFile file, Duration patience, LongConsumer progress) {
        this.store = store;
        this.file = file;
        this.patience = new Patience(patience);
        this.progress = progress;
        this.chunk = new byte[Math.clamp(file.sizeBytes(), 1, CHUNK_BYTES)];
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        while (true) {
            try {
                if (in == null) {
                    in = store.open(file, offset);
                }
                int read = in.read(chunk, 0, Math.min(chunk.length, into.remaining()));
                if (read > 0) {
                    into.put(chunk, 0, read);
                    offset += read;
                    patience.progress();
                    progress.accept(read);
                }
                return read;
            } catch (NoSuchFileException e) {
                throw new VanishedException(store.location(), file, e);
            } catch (IOException e) {
                drop();
                patience.failed(e);
            }
        }
    }

    private void drop() throws IOException {
        InputStream broken = in;
        in = null;
        if (broken != null) {
            broken.close();
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() throws IOException {
        open = false;
        drop();
    }
}
