package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;

/**
 * Gathers a part of a stream until it is full. S3 allows 10,000 parts of an object: up to 48.8 GiB they are small enough
 * for the pool, beyond that each is gathered in a file. All parts of an object are of one length, as some servers demand.
 */
sealed interface PartGatherer extends AutoCloseable {
    int MAX_PARTS = 10_000;
    int MIB = 1024 * 1024;

    /** The smallest part that S3 allows. */
    int LEAST_BYTES = 5 * MIB;

    /** For an object that becomes no longer than that. May wait for buffers. */
    static PartGatherer of(long maxBytes, StreamLimit streams, Path spillFolder) throws IOException {
        long partBytes = Math.ceilDiv(Math.ceilDiv(maxBytes, MAX_PARTS), MIB) * MIB;
        return partBytes <= LEAST_BYTES
                ? new InMemory(streams.acquire(LEAST_BYTES / BufferPool.BUFFER_BYTES))
                : new InFile(partBytes, spillFolder);
    }

    /** How long a part is: only the last one may be shorter. */
    long capacity();

    /** How much there is of this one. */
    long filled();

    /** Takes as much as still fits. */
    void put(ByteBuffer bytes) throws IOException;

    /** The part: valid until it is cleared. */
    PartBody body();

    /** Begins the next part. */
    void clear();

    @Override
    void close() throws IOException;

    /** In buffers of the pool. */
    final class InMemory implements PartGatherer {
        private final StreamLimit.Permit permit;
        private int filled;

        InMemory(StreamLimit.Permit permit) {
            this.permit = permit;
        }

        @Override
        public long capacity() {
            return LEAST_BYTES;
        }

        @Override
        public long filled() {
            return filled;
        }

        @Override
        public void put(ByteBuffer bytes) {
            while (bytes.hasRemaining() && filled < LEAST_BYTES) {
                ByteBuffer buffer = permit.lease().get(filled / BufferPool.BUFFER_BYTES);
                int position = filled % BufferPool.BUFFER_BYTES;
                int count = Math.min(bytes.remaining(), BufferPool.BUFFER_BYTES - position);
                buffer.put(position, bytes, bytes.position(), count);
                bytes.position(bytes.position() + count);
                filled += count;
            }
        }

        @Override
        public PartBody body() {
            return new BufferBody(permit.lease(), filled);
        }

        @Override
        public void clear() {
            filled = 0;
        }

        @Override
        public void close() {
            permit.close();
        }
    }

    /** In a file, which is gone when it is closed. */
    final class InFile implements PartGatherer {
        private final long capacity;
        private final FileChannel file;
        private long filled;

        InFile(long capacity, Path folder) throws IOException {
            this.capacity = capacity;
            this.file = FileChannel.open(
                    folder.resolve("part-" + UUID.randomUUID() + ".tmp"),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.READ,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.DELETE_ON_CLOSE);
        }

        @Override
        public long capacity() {
            return capacity;
        }

        @Override
        public long filled() {
            return filled;
        }

        @Override
        public void put(ByteBuffer bytes) throws IOException {
            int count = (int) Math.min(bytes.remaining(), capacity - filled);
            ByteBuffer taken = bytes.slice(bytes.position(), count);
            while (taken.hasRemaining()) {
                filled += file.write(taken, filled);
            }
            bytes.position(bytes.position() + count);
        }

        @Override
        public PartBody body() {
            return new FileBody(file, 0, filled);
        }

        @Override
        public void clear() {
            filled = 0;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
