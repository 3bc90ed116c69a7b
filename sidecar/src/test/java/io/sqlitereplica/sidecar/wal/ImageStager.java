package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Keeps a copy of a database from what is staged alone: what a replica would be restored to. */
final class ImageStager implements Stager, AutoCloseable {
    private final WalDatabase database;
    private final Path folder;
    private final FileChannel image;
    private @Nullable WalPosition position;
    private long pages;
    private int resyncs;
    private int frames;

    ImageStager(WalDatabase database, Path folder) throws IOException {
        this.database = database;
        this.folder = folder;
        this.image = FileChannel.open(
                folder.resolve("image"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Goes on with the image of an earlier one. */
    void continueFrom(WalPosition saved) {
        position = saved;
    }

    @Nullable
    WalPosition position() {
        return position;
    }

    WalPosition requirePosition() {
        return Objects.requireNonNull(position, "Nothing is staged");
    }

    int resyncs() {
        return resyncs;
    }

    int frames() {
        return frames;
    }

    Path image() {
        return folder.resolve("image");
    }

    @Override
    public WalPosition stage(PublishedHeader published) throws IOException, SQLException, PositionLostException {
        WalPosition from = position;
        if (from == null) {
            return resync();
        }
        try (FrameSorter sorter = new FrameSorter(folder)) {
            WalSpan span;
            try {
                span = database.read(from, published, sorter::add);
            } catch (PositionLostException e) {
                position = null;
                throw e;
            }
            if (!span.isEmpty()) {
                apply(span, sorter.sorted());
                frames += span.frames();
            }
            position = span.end();
            return span.end();
        }
    }

    private void apply(WalSpan span, FrameSorter.Cursor changed) throws IOException {
        int pageSize = database.pageSize();
        ByteBuffer page = ByteBuffer.allocateDirect(pageSize);
        while (changed.next()) {
            if (changed.page() <= span.pageCount()) {
                database.readFrame(changed.frame(), page.clear());
                write(page.flip(), (changed.page() - 1L) * pageSize);
            }
        }
        resize(span.pageCount());
    }

    /** Takes the whole database again. */
    WalPosition resync() throws IOException, SQLException {
        resyncs++;
        try (SnapshotReader snapshot = database.snapshot(folder)) {
            copy(snapshot);
            position = snapshot.position();
            return snapshot.position();
        }
    }

    /** Overwrites the image with a snapshot. */
    void copy(SnapshotReader snapshot) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocateDirect(1 << 18);
        long offset = 0;
        while (snapshot.nextPages(buffer.clear()) > 0) {
            int bytes = buffer.flip().remaining();
            write(buffer, offset);
            offset += bytes;
        }
        resize(snapshot.pageCount());
    }

    private void resize(long count) throws IOException {
        pages = count;
        long bytes = count * database.pageSize();
        if (image.size() > bytes) {
            image.truncate(bytes);
        } else if (image.size() < bytes) {
            image.write(ByteBuffer.allocate(1), bytes - 1);
        }
    }

    private void write(ByteBuffer bytes, long offset) throws IOException {
        while (bytes.hasRemaining()) {
            offset += image.write(bytes, offset);
        }
    }

    long pages() {
        return pages;
    }

    @Override
    public void close() throws IOException {
        image.close();
    }
}
