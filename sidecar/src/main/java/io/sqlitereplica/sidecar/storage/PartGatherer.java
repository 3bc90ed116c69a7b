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
                ? new InMemory(streams.acquire(InMemory.PART_BUFFERS, 2 * InMemory.PART_BUFFERS))
                : new InFile(partBytes, spillFolder);
    }

    /** How long a part is: only the last one may be shorter. */
    long capacity();

    /** How much there is of the part that is being gathered. */
    long filled();

    /** Takes as much as there is room for, perhaps nothing while the part before is in the way. */
    void put(ByteBuffer bytes) throws IOException;

    /** What was gathered, valid until {@link #release}; the next part begins. There is one at a time. */
    PartBody take();

    /** The part that was taken is sent: its room is free. */
    void release();

    @Override
    void close() throws IOException;

    /** In buffers of the pool, a ring of them: what is not taken by the part that is sent has the beginning of the next. */
    final class InMemory implements PartGatherer {
        private static final int PART_BUFFERS = LEAST_BYTES / BufferPool.BUFFER_BYTES;

        private final StreamLimit.Permit permit;
        private final int buffers;
        private int first;
        private int filled;
        private boolean taken;

        InMemory(StreamLimit.Permit permit) {
            this.permit = permit;
            this.buffers = permit.lease().size();
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
            int free = taken ? buffers - PART_BUFFERS : PART_BUFFERS;
            while (bytes.hasRemaining() && filled < free * BufferPool.BUFFER_BYTES) {
                ByteBuffer buffer = permit.lease().get((first + filled / BufferPool.BUFFER_BYTES) % buffers);
                int position = filled % BufferPool.BUFFER_BYTES;
                int count = Math.min(bytes.remaining(), BufferPool.BUFFER_BYTES - position);
                buffer.put(position, bytes, bytes.position(), count);
                bytes.position(bytes.position() + count);
                filled += count;
            }
        }

        @Override
        public PartBody take() {
            PartBody body = new BufferBody(permit.lease(), first, filled);
            first = (first + PART_BUFFERS) % buffers;
            filled = 0;
            taken = true;
            return body;
        }

        @Override
        public void release() {
            taken = false;
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
        private boolean taken;

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
            int count = taken ? 0 : (int) Math.min(bytes.remaining(), capacity - filled);
            ByteBuffer taken = bytes.slice(bytes.position(), count);
            while (taken.hasRemaining()) {
                filled += file.write(taken, filled);
            }
            bytes.position(bytes.position() + count);
        }

        @Override
        public PartBody take() {
            PartBody body = new FileBody(file, 0, filled);
            filled = 0;
            taken = true;
            return body;
        }

        @Override
        public void release() {
            taken = false;
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
