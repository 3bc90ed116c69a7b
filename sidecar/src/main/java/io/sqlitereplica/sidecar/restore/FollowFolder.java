package io.sqlitereplica.sidecar.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** The folder beside a database that follows a replica: how far it is, and what is being fetched. */
final class FollowFolder implements AutoCloseable {
    private static final String POSITION = "position";

    private final Path path;
    private final FileChannel lock;

    private FollowFolder(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /**
     * Makes or takes over the folder.
     *
     * @throws RestoreException if another process follows with the same database now
     */
    static FollowFolder open(Path database) throws IOException {
        Path path = database.resolveSibling("." + database.getFileName() + "-following");
        Files.createDirectories(path);
        FileChannel lock = FileChannel.open(path.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        if (lock.tryLock() == null) {
            lock.close();
            throw new RestoreException(
                    "Another process keeps %s up to date right now: one is enough".formatted(database));
        }
        return new FollowFolder(path, lock);
    }

    Path resolve(String name) {
        return path.resolve(name);
    }

    Optional<FollowPosition> position() throws IOException {
        Path file = path.resolve(POSITION);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            return Optional.of(FollowPosition.parse(Files.readString(file)));
        } catch (IllegalArgumentException e) {
            throw new RestoreException(
                    "The file %s cannot be read: delete %s and the database, and begin again".formatted(file, path), e);
        }
    }

    /** Replaces it, durably. */
    void position(FollowPosition position) throws IOException {
        Path next = path.resolve("position.next");
        Files.writeString(next, position.toText());
        try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        Files.move(next, path.resolve(POSITION), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        RestoreTarget.forceFolder(path);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
