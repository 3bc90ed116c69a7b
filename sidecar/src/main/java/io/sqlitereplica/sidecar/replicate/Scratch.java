package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;

/**
 * A direct buffer for one step, as large as one of the pool. Not of the pool: the encoder holds a lease meanwhile, and who
 * holds one may not wait for another.
 */
final class Scratch implements AutoCloseable {
    private final Arena memory = Arena.ofConfined();
    private final ByteBuffer buffer =
            memory.allocate(BufferPool.BUFFER_BYTES, BufferPool.ALIGNMENT_BYTES).asByteBuffer();

    ByteBuffer buffer() {
        return buffer;
    }

    @Override
    public void close() {
        memory.close();
    }
}
