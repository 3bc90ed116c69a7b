package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;

/** The bytes of some pooled buffers in a row, behind the last of which the first follows. */
final class BufferBody extends PartBody {
    private final Lease lease;
    private final int firstBuffer;
    private final int lengthBytes;

    BufferBody(Lease lease, int firstBuffer, int lengthBytes) {
        super(lengthBytes);
        this.lease = lease;
        this.firstBuffer = firstBuffer;
        this.lengthBytes = lengthBytes;
    }

    @Override
    public InputStream inputStream() {
        return new InputStream() {
            private int position;

            @Override
            public int read() {
                return position == lengthBytes ? -1 : buffer().get(position++ % BufferPool.BUFFER_BYTES) & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) {
                Objects.checkFromIndexSize(offset, length, target.length);
                if (length == 0) {
                    return 0;
                }
                if (position == lengthBytes) {
                    return -1;
                }
                int start = position % BufferPool.BUFFER_BYTES;
                int count = Math.min(length, Math.min(BufferPool.BUFFER_BYTES - start, lengthBytes - position));
                buffer().get(start, target, offset, count);
                position += count;
                return count;
            }

            private ByteBuffer buffer() {
                return lease.get((firstBuffer + position / BufferPool.BUFFER_BYTES) % lease.size());
            }
        };
    }
}
