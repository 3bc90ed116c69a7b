package io.sqlitereplica.sidecar.wal;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file opened for reading by the system's own calls.
 *
 * <p>Not a {@code FileChannel}: an interrupt of a reading thread closes one, and closing any descriptor of a database or
 * its {@code -shm} drops every lock SQLite holds on it in this process. Not a {@code RandomAccessFile}: it has one
 * position for all threads, copies through the heap, and cannot do O_DIRECT. A {@code pread} knows no interrupts, and
 * any number of threads may read at once.
 */
final class NativeFile implements AutoCloseable {
    /** O_DIRECT wants address, offset and length in multiples of the device's block: never more than this in practice. */
    static final int DIRECT_ALIGNMENT = 4096;

    private final Path path;
    private int descriptor;

    private NativeFile(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /** Opens a file for reading through the page cache. */
    static NativeFile open(Path path) throws IOException {
        return new NativeFile(path, Posix.open(path, Posix.O_RDONLY | Posix.O_CLOEXEC));
    }

    /** Opens a file for reading past the page cache; fails where the file system cannot. */
    static NativeFile openDirect(Path path) throws IOException {
        return new NativeFile(path, Posix.open(path, Posix.O_RDONLY | Posix.O_CLOEXEC | Posix.O_DIRECT));
    }

    /**
     * Reads until the buffer is full or the file ends.
     *
     * @return bytes read
     */
    int read(ByteBuffer buffer, long offset) throws IOException {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("Not a direct buffer");
        }
        int start = buffer.position();
        while (buffer.hasRemaining()) {
            int read = readOnce(buffer, offset);
            if (read == 0) {
                break;
            }
            offset += read;
        }
        return buffer.position() - start;
    }

    /** Reads once: as many bytes as one call gives. For O_DIRECT, where the offset behind a short read is not aligned. */
    int readOnce(ByteBuffer buffer, long offset) throws IOException {
        int read = Posix.read(path, openDescriptor(), MemorySegment.ofBuffer(buffer), offset);
        buffer.position(buffer.position() + read);
        return read;
    }

    /** Reads until the buffer is full; a file that ends before is an error. */
    void readFully(ByteBuffer buffer, long offset) throws IOException {
        int wanted = buffer.remaining();
        int read = read(buffer, offset);
        if (read < wanted) {
            throw new EOFException(
                    path + ": ends at byte " + (offset + read) + ", wanted " + wanted + " bytes from " + offset);
        }
    }

    /** Size of the file, in bytes. */
    long size() throws IOException {
        return Posix.size(path, openDescriptor());
    }

    /** Number of the open file in its file system, whatever its path names by now. */
    long inode() throws IOException {
        return (long) Files.getAttribute(Path.of("/proc/self/fd/" + openDescriptor()), "unix:ino");
    }

    /** The path still names the open file. */
    boolean isStillAtItsPath() throws IOException {
        Path open = Path.of("/proc/self/fd/" + openDescriptor());
        return Files.exists(path)
                && Files.getAttribute(path, "unix:ino").equals(Files.getAttribute(open, "unix:ino"))
                && Files.getAttribute(path, "unix:dev").equals(Files.getAttribute(open, "unix:dev"));
    }

    /** Writes what the page cache holds of this file to the device. Anyone's bytes, so a reader may do it too. */
    void flush() throws IOException {
        Posix.flush(path, openDescriptor());
    }

    /** Another process holds a lock on this byte, shared or exclusive. Our own locks do not show. */
    boolean isLockedElsewhere(long offset) throws IOException {
        return Posix.isLockedElsewhere(path, openDescriptor(), offset, Posix.F_WRLCK);
    }

    /** Another process holds an exclusive lock on this byte. */
    boolean isLockedExclusivelyElsewhere(long offset) throws IOException {
        return Posix.isLockedElsewhere(path, openDescriptor(), offset, Posix.F_RDLCK);
    }

    /** Closes the descriptor, and with it drops this process's locks on the file. */
    @Override
    public void close() {
        if (descriptor >= 0) {
            Posix.close(descriptor);
            descriptor = -1;
        }
    }

    private int openDescriptor() throws IOException {
        if (descriptor < 0) {
            throw new IOException(path + ": already closed");
        }
        return descriptor;
    }
}
