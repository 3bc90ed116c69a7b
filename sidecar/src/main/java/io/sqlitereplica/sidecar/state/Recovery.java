package io.sqlitereplica.sidecar.state;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Reads a state folder back, and brings it from whatever a crash left to the state between two steps. */
final class Recovery {
    private static final String ASIDE = "unusable";
    private static final int BUFFER_BYTES = 680 * PositionFile.ENTRY_BYTES;

    private final Path folder;
    private final StagedFiles staged;
    private final List<String> findings = new ArrayList<>();
    private @Nullable Position position;
    private @Nullable Unconfirmed unconfirmed;

    Recovery(Path folder, StagedFiles staged) throws IOException {
        this.folder = folder;
        this.staged = staged;
        Durable.folder(folder); // what is seen here may be what an fsync failed for
        int later = Math.max(
                PositionFile.laterVersion(folder.resolve(StateFolder.POSITION)), PositionFile.laterVersion(nextFile()));
        if (later > 0) {
            setAsideLater(later);
            return;
        }
        Optional<PositionFile> current = PositionFile.read(folder.resolve(StateFolder.POSITION));
        Optional<PositionFile> next = PositionFile.read(nextFile()).filter(n -> journalIsWhole(nextFile(), n));
        if (current.isEmpty() && Files.exists(folder.resolve(StateFolder.POSITION))) {
            moveAside("its position is not whole");
            return;
        }
        position = current.map(PositionFile::position).orElse(null);
        if (next.isPresent()) {
            goOnWith(next.get());
        } else {
            Files.deleteIfExists(nextFile());
        }
        checkStaged();
        checkPages();
    }

    @Nullable
    Position position() {
        return position;
    }

    @Nullable
    Unconfirmed unconfirmed() {
        return unconfirmed;
    }

    List<String> findings() {
        return List.copyOf(findings);
    }

    private Path nextFile() {
        return folder.resolve(StateFolder.NEXT);
    }

    private void goOnWith(PositionFile next) throws IOException {
        switch (next.completion()) {
            case Completion.Staged() -> {
                if (Files.exists(staged.path(next.position().txId()))) {
                    finishNext();
                } else {
                    Files.delete(nextFile());
                }
            }
            case Completion.Known() -> {
                // Nothing else says that it was ever durable: its fsync may have failed.
                Path again = folder.resolve(StateFolder.NEXT + ".tmp");
                Durable.write(again, next.head());
                Durable.rename(again, nextFile());
                finishNext();
            }
            case Completion.Uploaded upload -> unconfirmed = new Unconfirmed(next.position(), upload);
        }
    }

    private void finishNext() throws IOException {
        try (PageTable pages = PageTable.open(folder.resolve(StateFolder.PAGES))) {
            position = finish(folder, pages);
        }
    }

    /** Steps 4 and 5 of the package's description: for the first time or again. */
    static Position finish(Path folder, PageTable pages) throws IOException {
        Path file = folder.resolve(StateFolder.NEXT);
        PositionFile next = PositionFile.read(file).orElseThrow(() -> new IOException(file + " is gone or broken"));
        pages.resize(next.position().pageCount());
        forEachEntry(file, next.entries(), buffer -> {
            int page = buffer.getInt();
            long checksum = buffer.getLong();
            if (page <= next.position().pageCount()) {
                pages.set(page, checksum);
            }
        });
        pages.force();
        Durable.rename(file, folder.resolve(StateFolder.POSITION));
        Durable.folder(folder);
        return next.position();
    }

    private static boolean journalIsWhole(Path file, PositionFile next) {
        CRC32C crc = new CRC32C();
        try {
            forEachEntry(file, next.entries(), buffer -> {
                crc.update(buffer.slice(buffer.position(), PositionFile.ENTRY_BYTES));
                buffer.position(buffer.position() + PositionFile.ENTRY_BYTES);
            });
        } catch (IOException e) {
            return false;
        }
        return (int) crc.getValue() == next.entriesCrc();
    }

    private static void forEachEntry(Path file, long entries, EntryReader reader) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            channel.position(PositionFile.HEAD_BYTES);
            ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);
            for (long i = 0; i < entries; i++) {
                if (!buffer.hasRemaining()) {
                    buffer.clear();
                    while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                        // until the buffer is full or the file ends
                    }
                    buffer.flip();
                }
                if (buffer.remaining() < PositionFile.ENTRY_BYTES) {
                    throw new IOException(file + " ends within its journal");
                }
                reader.read(buffer);
            }
        }
    }

    @FunctionalInterface
    private interface EntryReader {
        /** Takes one entry from the buffer. */
        void read(ByteBuffer buffer) throws IOException;
    }

    /** What was staged but did not become part of the position is deleted. */
    private void checkStaged() throws IOException {
        boolean whole = staged.scan();
        Optional<TxId> newest = staged.newest();
        if (newest.isEmpty()) {
            return;
        }
        Position reached = position;
        if (!whole) {
            moveAside("a staged file is missing between the others");
        } else if (reached == null) {
            moveAside("there are staged files but no position");
        } else if (newest.get().compareTo(reached.txId()) < 0) {
            moveAside("the staged files end before the position");
        } else if (newest.get().compareTo(reached.txId()) > 0) {
            staged.deleteAfter(reached.txId());
            Durable.folder(folder);
        }
    }

    private void checkPages() throws IOException {
        Position reached = position;
        if (reached == null) {
            if (unconfirmed == null) {
                Files.deleteIfExists(folder.resolve(StateFolder.PAGES));
            }
            return;
        }
        try (PageTable pages = PageTable.open(folder.resolve(StateFolder.PAGES))) {
            OptionalLong checksum = pages.databaseChecksum(reached.pageSize());
            boolean wrongLength = pages.pageCount() != reached.pageCount();
            if (wrongLength || (checksum.isPresent() && checksum.getAsLong() != reached.databaseChecksum())) {
                findings.add("The checksums of the pages in " + folder + " do not give that of the database at TXID "
                        + reached.txId() + ": forgotten, the whole database will be shipped again");
                pages.resize(0);
                pages.resize(reached.pageCount());
                pages.force();
                position = reached.withoutWal();
            }
        }
    }

    /** Keeps what cannot be used for whoever wants to look at it, but only the last of it. */
    private void moveAside(String reason) throws IOException {
        Path aside = folder.resolve(ASIDE);
        Files.createDirectories(aside);
        try (DirectoryStream<Path> old = Files.newDirectoryStream(aside)) {
            for (Path file : old) {
                Files.delete(file);
            }
        }
        moveTo(aside, reason);
    }

    /** Keeps what a later version left, all of it: an update goes back and forth. */
    private void setAsideLater(int version) throws IOException {
        moveTo(
                newFolder(folder, "version-" + version),
                "it was written by a later version of the sidecar (state version " + version + ", this one knows "
                        + PositionFile.VERSION + ")");
    }

    /** Makes a folder of this name, or of this name and a number. */
    static Path newFolder(Path folder, String name) throws IOException {
        Path made = folder.resolve(name);
        for (int more = 2; Files.exists(made); more++) {
            made = folder.resolve(name + "-" + more);
        }
        return Files.createDirectory(made);
    }

    private void moveTo(Path aside, String reason) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "{position,position.next,pages,*.ltx}")) {
            for (Path file : files) {
                Durable.rename(file, aside.resolve(file.getFileName()));
            }
        }
        Durable.folder(folder);
        staged.scan();
        position = null;
        unconfirmed = null;
        findings.add("The state in " + folder + " cannot be used: " + reason + ". It was moved to " + aside);
    }
}
