package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * A file that does not have its name yet. Its temporary one is {@code <name>.<process>-<number>.tmp}; as long as it is
 * being written it is locked, so that {@link #sweep} can tell it from what a crash left.
 */
final class NewFile implements AutoCloseable {
    private static final String PROCESS = randomHex();
    private static final Pattern OURS = Pattern.compile(".*\\.ltx\\.([0-9a-f]{8})-[0-9a-f]{8}\\.tmp");

    private final Path folder;
    private final String name;
    private final Path temporary;
    private final FileChannel channel;

    private NewFile(Path folder, String name, Path temporary, FileChannel channel) {
        this.folder = folder;
        this.name = name;
        this.temporary = temporary;
        this.channel = channel;
    }

    private static String randomHex() {
        return HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }

    static NewFile create(Path folder, String name) throws IOException {
        Path temporary = folder.resolve(name + "." + PROCESS + "-" + randomHex() + ".tmp");
        FileChannel channel = FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        NewFile file = new NewFile(folder, name, temporary, channel);
        try {
            file.lock();
            return file;
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** Where a file system has no locks, nothing is ever swept either. */
    @SuppressWarnings("UnusedVariable") // ends with the channel
    private void lock() {
        try {
            FileLock lock = channel.tryLock();
        } catch (IOException e) {
            // see above
        }
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    void copyFrom(FileChannel source) throws IOException {
        long size = source.size();
        long copied = 0;
        while (copied < size) {
            long more = source.transferTo(copied, size - copied, channel);
            if (more <= 0) {
                throw new IOException("the file that was to be copied became shorter");
            }
            copied += more;
        }
    }

    /** Gives the file its name, unless that is taken. Once: nothing but {@link #close} may follow. */
    CreateResult commit(Instant timestamp) throws IOException {
        Files.setLastModifiedTime(temporary, FileTime.from(timestamp));
        channel.force(true);
        try {
            Files.createLink(folder.resolve(name), temporary);
        } catch (FileAlreadyExistsException e) {
            return CreateResult.EXISTS;
        } catch (UnsupportedOperationException e) {
            throw new IOException("its file system has no hard links", e);
        }
        Files.delete(temporary);
        Folders.sync(folder);
        return CreateResult.CREATED;
    }

    /** Removes the temporary name, if it is still there. */
    @Override
    public void close() throws IOException {
        try (channel) {
            Files.deleteIfExists(temporary);
        }
    }

    /** Deletes the temporary files of processes that are gone. The peer's have other names and are left alone. */
    static void sweep(Path folder) throws IOException {
        try (DirectoryStream<Path> temporaries = Files.newDirectoryStream(folder, "*.tmp")) {
            for (Path file : temporaries) {
                var name = OURS.matcher(file.getFileName().toString());
                // A second descriptor of our own file must not be opened: closing it would end the lock.
                if (name.matches() && !name.group(1).equals(PROCESS)) {
                    deleteIfAbandoned(file);
                }
            }
        }
    }

    private static void deleteIfAbandoned(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            if (lock != null) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException | OverlappingFileLockException e) {
            // Its writer is alive, or another one sweeps as well.
        }
    }
}
