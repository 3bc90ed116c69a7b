package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Objects;

/** A range of a local file, read again by each stream. */
final class FileBody extends PartBody {
    private final FileChannel file;
    private final long start;
    private final long end;

    FileBody(FileChannel file, long start, long lengthBytes) {
        super(lengthBytes);
        this.file = file;
        this.start = start;
        this.end = start + lengthBytes;
    }

    @Override
    public InputStream inputStream() {
        return new InputStream() {
            private long position = start;

            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                Objects.checkFromIndexSize(offset, length, target.length);
                if (length == 0) {
                    return 0;
                }
                if (position == end) {
                    return -1;
                }
                int wanted = (int) Math.min(length, end - position);
                int read = file.read(ByteBuffer.wrap(target, offset, wanted), position);
                position += Math.max(read, 0);
                return read;
            }
        };
    }
}
