package io.sqlitereplica.sidecar.wal;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a copy of a database from what is staged alone: what a replica would be restored to. Survives kill -9 at any
 * moment: what is staged is written to a file of its own first, then into the image, then the position is set.
 */
final class ImageStager implements Stager, AutoCloseable {
    private final WalDatabase database;
    private final Path folder;
    private final Runnable betweenSteps;
    private final FileChannel image;
    private final ByteBuffer page;
    private @Nullable WalPosition position;
    private int resyncs;
    private int frames;

    ImageStager(WalDatabase database, Path folder) throws IOException {
        this(database, folder, () -> {});
    }

    ImageStager(WalDatabase database, Path folder, Runnable betweenSteps) throws IOException {
        this.database = database;
        this.folder = folder;
        this.betweenSteps = betweenSteps;
        this.page = ByteBuffer.allocateDirect(database.pageSize());
        this.image = FileChannel.open(
                folder.resolve("image"), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Takes up the position that an earlier one left, if the log still goes on there. */
    boolean continueFromLast() throws IOException, SQLException {
        if (Files.exists(folder.resolve("staged"))) {
            apply();
        }
        Path saved = folder.resolve("position");
        if (!Files.exists(saved)) {
            return false;
        }
        try (DataInputStream in = new DataInputStream(Files.newInputStream(saved))) {
            position = readPosition(in);
        }
        if (!database.continuesAt(position)) {
            position = null;
        }
        return position != null;
    }

    void continueFrom(WalPosition start) {
        position = start;
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
                write(span.end(), span.pageCount(), sorter.sorted());
                apply();
                frames += span.frames();
            }
            return requirePosition();
        }
    }

    /** Takes the whole database again: the pages that differ. */
    WalPosition resync() throws IOException, SQLException {
        resyncs++;
        try (SnapshotReader snapshot = database.snapshot(folder)) {
            copy(snapshot);
            return requirePosition();
        }
    }

    /** Takes over those pages of a snapshot that differ. */
    void copy(SnapshotReader snapshot) throws IOException {
        try (DataOutputStream out = begin(snapshot.position(), snapshot.pageCount())) {
            ByteBuffer pages = ByteBuffer.allocateDirect(1 << 18);
            ByteBuffer ours = ByteBuffer.allocate(database.pageSize());
            long number = 1;
            for (int count = snapshot.nextPages(pages); count > 0; count = snapshot.nextPages(pages.clear())) {
                for (int i = 0; i < count; i++, number++) {
                    ByteBuffer theirs = pages.slice(i * database.pageSize(), database.pageSize());
                    ours.clear();
                    image.read(ours, (number - 1) * database.pageSize());
                    if (!ours.flip().equals(theirs)) {
                        put(out, (int) number, theirs);
                    }
                }
            }
        }
        publish();
        apply();
    }

    private void write(WalPosition end, long pageCount, FrameSorter.Cursor changed) throws IOException {
        try (DataOutputStream out = begin(end, pageCount)) {
            while (changed.next()) {
                if (changed.page() <= pageCount) {
                    database.readFrame(changed.frame(), page.clear());
                    put(out, changed.page(), page.flip());
                }
            }
        }
        publish();
    }

    private DataOutputStream begin(WalPosition end, long pageCount) throws IOException {
        betweenSteps.run();
        DataOutputStream out = new DataOutputStream(
                new BufferedOutputStream(Files.newOutputStream(folder.resolve("staged.tmp")), 1 << 16));
        writePosition(out, end);
        out.writeLong(pageCount);
        return out;
    }

    private static void put(DataOutputStream out, int number, ByteBuffer contents) throws IOException {
        byte[] bytes = new byte[contents.remaining()];
        contents.get(bytes);
        out.writeInt(number);
        out.write(bytes);
    }

    private void publish() throws IOException {
        betweenSteps.run();
        move("staged.tmp", "staged");
        betweenSteps.run();
    }

    /** Brings what was staged into the image. May be repeated. */
    private void apply() throws IOException {
        WalPosition end;
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(folder.resolve("staged")), 1 << 16))) {
            end = readPosition(in);
            long pageCount = in.readLong();
            byte[] contents = new byte[database.pageSize()];
            while (in.available() > 0) {
                long offset = (in.readInt() - 1L) * contents.length;
                in.readFully(contents);
                ByteBuffer bytes = ByteBuffer.wrap(contents);
                while (bytes.hasRemaining()) {
                    image.write(bytes, offset + bytes.position());
                }
            }
            betweenSteps.run();
            resize(pageCount * database.pageSize());
        }
        betweenSteps.run();
        try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(folder.resolve("position.tmp")))) {
            writePosition(out, end);
        }
        move("position.tmp", "position");
        betweenSteps.run();
        Files.delete(folder.resolve("staged"));
        position = end;
    }

    private void move(String from, String to) throws IOException {
        Files.move(
                folder.resolve(from),
                folder.resolve(to),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private void resize(long bytes) throws IOException {
        if (image.size() > bytes) {
            image.truncate(bytes);
        } else if (image.size() < bytes) {
            image.write(ByteBuffer.allocate(1), bytes - 1);
        }
    }

    private static void writePosition(DataOutputStream out, WalPosition position) throws IOException {
        out.writeLong(position.salts());
        out.writeInt(position.frame());
        out.writeInt(position.checksum1());
        out.writeInt(position.checksum2());
    }

    private static WalPosition readPosition(DataInputStream in) throws IOException {
        return new WalPosition(in.readLong(), in.readInt(), in.readInt(), in.readInt());
    }

    @Override
    public void close() throws IOException {
        image.close();
    }
}
