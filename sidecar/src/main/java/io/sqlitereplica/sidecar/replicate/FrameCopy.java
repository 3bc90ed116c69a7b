package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.wal.FrameSorter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Pages copied aside from the WAL, one behind the other, in an unnamed file; and an index of them. The frames of a WAL
 * behind them can be added to the index: their numbers go on where those of the copies end.
 */
final class FrameCopy implements AutoCloseable {
    private final FrameSorter index;
    private final FileChannel images;
    private int copied;
    private long bytes;

    FrameCopy(Path folder) throws IOException {
        this.index = new FrameSorter(folder);
        Path file = Files.createTempFile(folder, "copied-", ".tmp");
        this.images = FileChannel.open(
                file, StandardOpenOption.READ, StandardOpenOption.WRITE, StandardOpenOption.DELETE_ON_CLOSE);
    }

    /** How many pages were copied. */
    int copied() {
        return copied;
    }

    long bytes() {
        return bytes;
    }

    /** Adds a page: its remaining bytes. */
    void copy(int page, ByteBuffer image) throws IOException {
        while (image.hasRemaining()) {
            bytes += images.write(image, bytes);
        }
        index.add(page, ++copied);
    }

    /** Adds a frame behind the copies to the index: its number, counted on from {@link #copied}. */
    void refer(int page, int number) throws IOException {
        index.add(page, number);
    }

    /** The pages in ascending order, each with the number of its last frame. Nothing can be added after that. */
    FrameSorter.Cursor sorted() throws IOException {
        return index.sorted();
    }

    /** Reads a copy. */
    void read(int number, ByteBuffer image) throws IOException {
        long at = (number - 1L) * image.remaining();
        while (image.hasRemaining()) {
            int read = images.read(image, at);
            if (read < 0) {
                throw new IOException("The copied frame " + number + " is missing");
            }
            at += read;
        }
    }

    @Override
    public void close() throws IOException {
        try (images) {
            index.close();
        }
    }
}
