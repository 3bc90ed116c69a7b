package io.sqlitereplica.sidecar.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The folder beside the target in which a restore works: on the same file system, so that the finished database only needs
 * another name. What a crash left in it is deleted when it is opened, and all of it when it is closed, or the process ends in
 * order, as by Ctrl-C.
 */
final class RestoreFolder implements AutoCloseable {
    private static final String LOCK = "lock";

    private final Path path;
    private final FileChannel lock;
    private final Thread atEnd = Thread.ofPlatform().unstarted(this::deleteAtEnd);

    private RestoreFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Makes or takes over the folder.
     *
     * @throws RestoreException if another process restores to the same target now
     */
    static RestoreFolder open(Path target) throws IOException {
        Path path = target.resolveSibling("." + target.getFileName() + "-restoring");
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new RestoreException(
                    "The folder %s cannot be made, to restore %s in: %s".formatted(path, target.getFileName(), e), e);
        }
        FileChannel lock = FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        RestoreFolder folder = new RestoreFolder(path, lock);
        try {
            if (!folder.tryLock()) {
                throw new RestoreException("Another process restores to %s right now: wait until it is done, or stop it"
                        .formatted(target));
            }
            folder.clear();
            Runtime.getRuntime().addShutdownHook(folder.atEnd);
            return folder;
        } catch (Throwable e) {
            lock.close();
            throw e;
        }
    }

    private boolean tryLock() throws IOException {
        try {
            return lock.tryLock() != null;
        } catch (OverlappingFileLockException _) {
            return false; // another thread of ours
        }
    }

    /** A file of this name in the folder. */
    Path resolve(String name) {
        return path.resolve(name);
    }

    Path path() {
        return path;
    }

    /** Deletes everything but the lock. */
    void clear() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(path)) {
            for (Path file : files) {
                if (!file.getFileName().toString().equals(LOCK)) {
                    Files.delete(file);
                }
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (lock) {
            delete();
        }
        try {
            Runtime.getRuntime().removeShutdownHook(atEnd);
        } catch (IllegalStateException _) {
            // the process ends right now
        }
    }

    private void delete() throws IOException {
        clear();
        Files.delete(path.resolve(LOCK));
        Files.delete(path);
    }

    private void deleteAtEnd() {
        try {
            delete();
        } catch (IOException _) {
            // the next restore deletes it
        }
    }
}
