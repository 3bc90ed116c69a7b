package io.sqlitereplica.sidecar.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The owner record of a folder: {@code owner.json}, replaced as a whole by a rename, while {@code owner.lock} is locked. Its
 * tag is its text.
 */
final class OwnerFile {
    private static final int MAX_BYTES = 64 * 1024;
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final long WAIT_NANOS = Duration.ofMillis(10).toNanos();

    /** The kernel's locks are between processes, and one closed descriptor of a file ends all of a process. */
    private static final ReentrantLock IN_PROCESS = new ReentrantLock();

    private final Path root;

    OwnerFile(Path root) {
        this.root = root;
    }

    Optional<StoredOwner> read() throws IOException {
        try (FileChannel channel = FileChannel.open(file(), StandardOpenOption.READ)) {
            ByteBuffer contents = ByteBuffer.allocate((int) Math.min(MAX_BYTES, channel.size()));
            while (contents.hasRemaining() && channel.read(contents) >= 0) {
                // to the end
            }
            String text = new String(contents.array(), UTF_8);
            return Optional.of(new StoredOwner(OwnerRecord.parse(text, root.toString()), text));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /**
     * Replaces the record.
     *
     * @param before what must be there; empty: nothing
     * @return empty if something else is there
     */
    Optional<StoredOwner> replace(OwnerRecord next, Optional<StoredOwner> before) throws IOException {
        Folders.createDurably(root);
        IN_PROCESS.lock();
        try (FileChannel lockFile = FileChannel.open(
                        root.resolve("owner.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                FileLock _ = lock(lockFile)) {
            if (!read().map(StoredOwner::tag).equals(before.map(StoredOwner::tag))) {
                return Optional.empty();
            }
            String text = next.toJson();
            write(text);
            return Optional.of(new StoredOwner(next, text));
        } finally {
            IN_PROCESS.unlock();
        }
    }

    /** Held for as long as a small file is written: whoever has it for longer has stopped in the middle. */
    private FileLock lock(FileChannel lockFile) throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            FileLock lock = lockFile.tryLock();
            if (lock != null) {
                return lock;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new IOException(root.resolve("owner.lock") + " has been locked by another process for "
                        + PATIENCE.toSeconds() + " s; end that process");
            }
            LockSupport.parkNanos(WAIT_NANOS);
        }
    }

    private void write(String text) throws IOException {
        Path temporary = root.resolve("owner.json.tmp");
        try (FileChannel channel = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ByteBuffer contents = ByteBuffer.wrap(text.getBytes(UTF_8));
            while (contents.hasRemaining()) {
                channel.write(contents);
            }
            channel.force(true);
        }
        Files.move(temporary, file(), StandardCopyOption.ATOMIC_MOVE);
        Folders.sync(root);
    }

    private Path file() {
        return root.resolve("owner.json");
    }
}
