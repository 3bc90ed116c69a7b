package io.sqlitereplica.sidecar.buffer;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Buffers lent by a {@link BufferPool} until {@link #close}. Neither they nor slices of them may be touched after that:
 * they belong to someone else then.
 */
public final class Lease implements AutoCloseable {
    private final BufferPool pool;
    private final AtomicReference<@Nullable List<ByteBuffer>> buffers;

    Lease(BufferPool pool, List<ByteBuffer> buffers) {
        this.pool = pool;
        this.buffers = new AtomicReference<>(List.copyOf(buffers));
        buffers.forEach(buffer -> buffer.clear().order(ByteOrder.BIG_ENDIAN));
    }

    /**
     * The buffer number {@code i}, always the same object: {@link BufferPool#BUFFER_BYTES} long, aligned, cleared and
     * big-endian when it was lent. What it contains is arbitrary.
     */
    public ByteBuffer get(int i) {
        return open().get(i);
    }

    /** How many buffers were lent. */
    public int size() {
        return open().size();
    }

    private List<ByteBuffer> open() {
        List<ByteBuffer> open = buffers.get();
        if (open == null) {
            throw new IllegalStateException("These buffers were given back");
        }
        return open;
    }

    /** Gives the buffers back. A second call does nothing. */
    @Override
    public void close() {
        List<ByteBuffer> open = buffers.getAndSet(null);
        if (open != null) {
            pool.giveBack(open, open.size());
        }
    }
}
