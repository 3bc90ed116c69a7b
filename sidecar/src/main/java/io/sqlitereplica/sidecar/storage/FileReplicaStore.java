package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.RequestCounter.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * A replica in a folder, laid out as Litestream does: {@code ltx/<level>/<name>}, each file's modification time being the
 * time in its header.
 *
 * <p>A file is written under a temporary name, made durable, and then linked to its final name, which fails if that is
 * taken: so a final name has a whole file behind it whenever the machine stops, and the first of two writers wins.
 */
public final class FileReplicaStore implements ReplicaStore {
    private final Path root;
    private final StreamLimit streams;
    private final RequestCounter counter = new RequestCounter();
    private final Set<Path> swept = ConcurrentHashMap.newKeySet();
    private final OwnerFile owner;

    FileReplicaStore(Path root, StreamLimit streams) {
        this.root = root;
        this.streams = streams;
        this.owner = new OwnerFile(root);
    }

    /** A replica in {@code root}, which is made when the first file is written. */
    public FileReplicaStore(Path root, BufferPool pool) {
        this(root, new StreamLimit(pool));
    }

    @Override
    public String location() {
        return new ReplicaUrl.Folder(root.toAbsolutePath()).toString();
    }

    @Override
    public void list(int level, TxId from, Consumer<ReplicaFile> each) throws IOException {
        countedStep(
                Operation.LIST,
                "list",
                () -> new LevelListing(folder(level), level).forEach(file -> {
                    if (file.name().min().compareTo(from) >= 0) {
                        each.accept(file);
                    }
                }));
    }

    @Override
    public void folders(Consumer<String> each) throws IOException {
        countedStep(Operation.LIST, "list", () -> {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(root, Files::isDirectory)) {
                folders.forEach(folder -> each.accept(folder.getFileName().toString()));
            } catch (NoSuchFileException _) {
                // nothing is there yet
            } catch (DirectoryIteratorException e) {
                throw e.getCause();
            }
        });
    }

    @Override
    public InputStream open(ReplicaFile file, long offset) throws IOException {
        return counted(Operation.GET, "read", () -> {
            FileChannel channel = FileChannel.open(path(file), StandardOpenOption.READ);
            try {
                return Channels.newInputStream(channel.position(offset));
            } catch (Throwable e) {
                channel.close();
                throw e;
            }
        });
    }

    @Override
    public Instant timestamp(ReplicaFile file) throws IOException {
        return counted(
                Operation.HEAD,
                "read",
                () -> Files.getLastModifiedTime(path(file)).toInstant());
    }

    @Override
    public CreateResult create(int level, LtxFileName name, Instant timestamp, Path file) throws IOException {
        return counted(Operation.PUT, "write", () -> {
            Path folder = folder(level);
            if (Files.exists(folder.resolve(name.toString()), LinkOption.NOFOLLOW_LINKS)) {
                Folders.sync(folder); // it may be our own, of an attempt that failed just there
                return CreateResult.EXISTS;
            }
            try (FileChannel source = FileChannel.open(file, StandardOpenOption.READ);
                    NewFile copy = NewFile.create(prepared(folder), name.toString())) {
                copy.copyFrom(source);
                return copy.commit(timestamp);
            }
        });
    }

    @Override
    public Upload createStreaming(int level, LtxFileName name, Instant timestamp, long maxBytes, Path spillFolder)
            throws IOException {
        StreamLimit.Permit permit = streams.acquire(FileUpload.BUFFERS, FileUpload.BUFFERS);
        try {
            return counted(
                    Operation.PUT,
                    "write",
                    () -> new FileUpload(
                            this, NewFile.createDirect(prepared(folder(level)), name.toString()), permit, timestamp));
        } catch (Throwable e) {
            permit.close();
            throw e;
        }
    }

    /** Not synced: what a crash brings back is deleted once more. */
    @Override
    public void delete(List<ReplicaFile> files) throws IOException {
        countedStep(Operation.DELETE, "delete from", () -> {
            for (ReplicaFile file : files) {
                Files.deleteIfExists(path(file));
            }
        });
    }

    @Override
    public Optional<StoredOwner> owner() throws IOException {
        return counted(Operation.GET, "read", owner::read);
    }

    @Override
    public Optional<StoredOwner> replaceOwner(OwnerRecord next, Optional<StoredOwner> before) throws IOException {
        return counted(Operation.PUT, "write", () -> owner.replace(next, before));
    }

    /** A folder that is not there yet must be one that we could make. */
    @Override
    public void check() throws IOException {
        countedStep(Operation.HEAD, "check", () -> {
            Path existing = root;
            while (Files.notExists(existing) && existing.getParent() != null) {
                existing = existing.getParent();
            }
            if (!Files.isDirectory(existing)) {
                throw new StoreException(
                        StoreException.Kind.NOT_FOUND,
                        "The destination %s cannot be used: %s is not a folder, or we may not look into it"
                                .formatted(location(), existing));
            }
            if (!existing.equals(root) && !Files.isWritable(existing)) {
                throw new StoreException(
                        StoreException.Kind.NOT_FOUND,
                        "The destination %s is not there and cannot be made, because %s may not be written by this user: create it, or mount its volume"
                                .formatted(location(), existing));
            }
            if (!Files.isReadable(existing) || !Files.isExecutable(existing)) {
                throw new StoreException(
                        StoreException.Kind.FORBIDDEN,
                        "The destination %s may not be read by this user: give it the permissions of %s"
                                .formatted(location(), existing));
            }
        });
    }

    @Override
    public RequestCounts requests() {
        return counter.counts();
    }

    /** Nothing is kept open. */
    @Override
    public void close() {}

    private Path folder(int level) {
        return root.resolve("ltx").resolve(Integer.toString(Levels.check(level)));
    }

    private Path path(ReplicaFile file) {
        return folder(file.level()).resolve(file.name().toString());
    }

    /** The first file that we write into a folder is the occasion to look for what a crash left there. */
    private Path prepared(Path folder) throws IOException {
        Folders.createDurably(folder);
        if (swept.add(folder)) {
            NewFile.sweep(folder);
        }
        return folder;
    }

    interface Action<T> {
        T run() throws IOException;
    }

    interface Step {
        void run() throws IOException;
    }

    <T> T counted(Operation operation, String verb, Action<T> action) throws IOException {
        counter.count(operation);
        try {
            return action.run();
        } catch (NoSuchFileException e) {
            counter.count(Operation.FAILURE);
            throw e;
        } catch (IOException e) {
            counter.count(Operation.FAILURE);
            throw FileErrors.explain(location(), verb, e);
        }
    }

    private void countedStep(Operation operation, String verb, Step step) throws IOException {
        counted(operation, verb, () -> {
            step.run();
            return Boolean.TRUE;
        });
    }
}
