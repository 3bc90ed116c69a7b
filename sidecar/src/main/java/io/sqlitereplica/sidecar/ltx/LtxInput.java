package io.sqlitereplica.sidecar.ltx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/** A channel read through a window of fixed size, which knows its offset. */
final class LtxInput {
    private final ReadableByteChannel channel;
    private final ByteBuffer window;
    private long readBytes;

    /** Uses all of {@code memory}. */
    LtxInput(ReadableByteChannel channel, ByteBuffer memory) {
        this.channel = channel;
        this.window = memory.duplicate().clear().limit(0); // big-endian, as every duplicate
    }

    /** The offset in the file of the next byte. */
    long offset() {
        return readBytes - window.remaining();
    }

    /**
     * The window, with so many bytes at least behind its position.
     *
     * @throws LtxFormatException if the file ends before
     */
    ByteBuffer require(int bytes) throws IOException {
        if (window.remaining() < bytes) {
            window.compact();
            while (window.position() < bytes) {
                int read = channel.read(window);
                if (read < 0) {
                    throw new LtxFormatException("the file is cut short", readBytes);
                }
                readBytes += read;
            }
            window.flip();
        }
        return window;
    }

    /**
     * Checks that there is nothing more.
     *
     * @throws LtxFormatException if there is
     */
    void requireEnd() throws IOException {
        long end = offset();
        if (window.hasRemaining()) {
            throw new LtxFormatException("there are bytes after the trailer", end);
        }
        window.clear();
        int read;
        do {
            read = channel.read(window);
        } while (read == 0);
        window.flip();
        if (read > 0) {
            readBytes += read;
            throw new LtxFormatException("there are bytes after the trailer", end);
        }
    }
}
