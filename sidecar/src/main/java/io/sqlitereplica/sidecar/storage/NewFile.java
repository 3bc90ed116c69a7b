package io.sqlitereplica.sidecar.storage;

import com.sun.nio.file.ExtendedOpenOption;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Pattern;

/**
 * A file that does not have its name yet. Its temporary one is {@code <name>.<process>-<number>.tmp}; as long as it is
 * being written it is locked, so that {@link #sweep} can tell it from what a crash left.
 */
final class NewFile implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(NewFile.class.getName());

    private static final String PROCESS = randomHex();
    private static final Pattern OURS = Pattern.compile(".*\\.ltx\\.([0-9a-f]{8})-[0-9a-f]{8}\\.tmp");

    /** A file is not locked in the instant after it was made. */
    private static final Duration UNLOCKED = Duration.ofSeconds(2);

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

    private static Path temporary(Path folder, String name) {
        return folder.resolve(name + "." + PROCESS + "-" + randomHex() + ".tmp");
    }

    static NewFile create(Path folder, String name) throws IOException {
        Path temporary = temporary(folder, name);
        return locked(new NewFile(
                folder,
                name,
                temporary,
                FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)));
    }

    /**
     * A file that is written past the page cache, in whole blocks of the pool's alignment. Where the file system cannot
     * do that, the same writes go through the cache.
     */
    static NewFile createDirect(Path folder, String name) throws IOException {
        if (BufferPool.ALIGNMENT_BYTES % Files.getFileStore(folder).getBlockSize() != 0) {
            return create(folder, name);
        }
        Path temporary = temporary(folder, name);
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, ExtendedOpenOption.DIRECT);
        } catch (IOException | UnsupportedOperationException e) {
            Files.deleteIfExists(temporary); // may have been made before the option was refused
            return create(folder, name);
        }
        return locked(new NewFile(folder, name, temporary, channel));
    }

    private static NewFile locked(NewFile file) throws IOException {
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
            LOG.log(Level.DEBUG, "no lock", e);
        }
    }

    void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    void truncate(long sizeBytes) throws IOException {
        channel.truncate(sizeBytes);
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
            Folders.sync(folder); // it may be our own, of an attempt that failed just there
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
                var ours = OURS.matcher(file.getFileName().toString());
                // A second descriptor of our own file must not be opened: closing it would end the lock.
                if (ours.matches() && !ours.group(1).equals(PROCESS)) {
                    deleteIfAbandoned(file);
                }
            }
        }
    }

    private static void deleteIfAbandoned(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            Instant modified = Files.getLastModifiedTime(file).toInstant();
            if (lock != null && modified.isBefore(Instant.now().minus(UNLOCKED))) {
                Files.deleteIfExists(file);
            }
        } catch (IOException | OverlappingFileLockException e) {
            LOG.log(Level.DEBUG, "temporary file not swept: " + file, e);
        }
    }
}
