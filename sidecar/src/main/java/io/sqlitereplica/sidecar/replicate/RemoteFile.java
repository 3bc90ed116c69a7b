package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.LtxFormatException;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.LtxTrailer;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The beginning and the end of a file in the destination. Its pages are not read. */
record RemoteFile(ReplicaFile file, LtxHeader header, LtxTrailer trailer) {
    static final int TRAILER_BYTES = 16;

    static RemoteFile read(ReplicaStore store, ReplicaFile file, BufferPool pool) throws IOException {
        LtxHeader header;
        try (InputStream in = store.open(file, 0);
                LtxDecoder decoder = new LtxDecoder(Channels.newChannel(in), pool)) {
            header = decoder.header();
        }
        try (InputStream in = store.open(file, Math.max(0, file.sizeBytes() - TRAILER_BYTES))) {
            return new RemoteFile(file, header, trailer(in.readNBytes(TRAILER_BYTES), file.sizeBytes()));
        }
    }

    /** A certain file, if it is there. */
    static Optional<RemoteFile> find(ReplicaStore store, int level, LtxFileName name, BufferPool pool)
            throws IOException {
        AtomicReference<@Nullable ReplicaFile> found = new AtomicReference<>();
        store.list(level, file -> {
            if (file.name().equals(name)) {
                found.set(file);
            }
        });
        ReplicaFile file = found.get();
        return file == null ? Optional.empty() : Optional.of(read(store, file, pool));
    }

    /** Reads the last bytes of an LTX file. */
    static LtxTrailer trailer(byte[] last, long fileBytes) throws LtxFormatException {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(last);
            return new LtxTrailer(bytes.getLong(), bytes.getLong());
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new LtxFormatException("the trailer is not one", Math.max(0, fileBytes - TRAILER_BYTES), e);
        }
    }
}
