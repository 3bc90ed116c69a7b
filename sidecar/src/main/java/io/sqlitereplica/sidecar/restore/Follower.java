package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.LtxFormatException;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a database up to date with a replica: restores its newest state, and then applies each file that comes. Others may
 * read the database meanwhile, and see only whole transactions, also after a crash ({@link FollowedDatabase}).
 *
 * <p>Of each file it is checked that it is whole, and that it continues the state that the database is in. A file that covers
 * more than the next transaction will do; a snapshot is taken when nothing else leads on.
 */
public final class Follower {
    private static final System.Logger LOG = System.getLogger(Follower.class.getName());
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int SNAPSHOTS = 9;

    /** The smallest files are looked for each time, the others only now and then if there are none. */
    private static final int LOOKS_BETWEEN_ALL_LEVELS = 60;

    private final ReplicaStore store;
    private final Path database;
    private final BufferPool pool;
    private final Duration interval;
    private final CountDownLatch stop = new CountDownLatch(1);
    private int looks;
    private @Nullable String trouble;

    /**
     * One that does not run yet.
     *
     * @param database where it shall be; a database that was followed before is gone on with
     * @param interval how often the replica is looked at
     */
    public Follower(ReplicaStore store, Path database, BufferPool pool, Duration interval) {
        this.store = store;
        this.database = database;
        this.pool = pool;
        this.interval = interval;
    }

    /** To end after the file that is being applied. */
    public void stop() {
        stop.countDown();
    }

    /**
     * Follows until it is told to {@link #stop}. A destination that fails is asked again.
     *
     * @param progress of the first restore
     * @return false if there is no replica
     * @throws RestoreException when it cannot be done here
     * @throws ReplicaDamagedException when a file is damaged, or belongs to another history
     */
    public boolean run(Progress.Listener progress) throws IOException, SQLException, InterruptedException {
        try (FollowFolder folder = FollowFolder.open(database)) {
            Optional<FollowPosition> begun = begin(folder, progress);
            if (begun.isEmpty()) {
                return false;
            }
            FollowPosition position = begun.get();
            LOG.log(Level.INFO, "following: database=%s txid=%s".formatted(database, position.txId()));
            try (FollowedDatabase followed = new FollowedDatabase(database, position.pageSize())) {
                while (stop.getCount() > 0) {
                    FollowPosition next = look(folder, followed, position);
                    if (next.equals(position)) {
                        stop.await(interval.toNanos(), TimeUnit.NANOSECONDS);
                    }
                    position = next;
                }
            }
            LOG.log(Level.INFO, "stopped: database=%s txid=%s".formatted(database, position.txId()));
            return true;
        }
    }

    private Optional<FollowPosition> begin(FollowFolder folder, Progress.Listener progress) throws IOException {
        if (Files.exists(database)) {
            return Optional.of(folder.position()
                    .orElseThrow(() -> new RestoreException(
                            "There is a file %s already, and it does not follow a replica: move it away, or choose another name"
                                    .formatted(database))));
        }
        RestoreTarget target = new RestoreTarget(database, Clock.systemUTC());
        target.check();
        Path restored = folder.resolve("database");
        Files.deleteIfExists(restored);
        Optional<RestoreResult> result = Restore.to(RestorePoint.NEWEST, store, restored, null, pool, progress);
        if (result.isEmpty()) {
            return Optional.empty();
        }
        FollowPosition position = new FollowPosition(
                result.get().txId(),
                result.get().databaseChecksum(),
                result.get().pageSize());
        FollowedDatabase.prepare(restored, position, result.get().pageCount());
        folder.position(position);
        target.publish(restored);
        return Optional.of(position);
    }

    /** Applies the next file, if there is one. */
    private FollowPosition look(FollowFolder folder, FollowedDatabase followed, FollowPosition position)
            throws IOException, SQLException {
        try {
            Optional<ReplicaFile> next = next(position.txId());
            FollowPosition result = next.isPresent() ? apply(next.get(), folder, followed, position) : position;
            trouble = null;
            return result;
        } catch (RestoreException | ReplicaDamagedException e) {
            throw e;
        } catch (NoSuchFileException e) {
            return position; // retention was faster: another file leads on
        } catch (IOException e) {
            String message = String.valueOf(e.getMessage());
            LOG.log(
                    message.equals(trouble) ? Level.DEBUG : Level.WARNING,
                    "not up to date: database=%s error=%s".formatted(database, message));
            trouble = message;
            return position;
        }
    }

    private Optional<ReplicaFile> next(TxId after) throws IOException {
        TxId wanted = after.next();
        var found = new Object() {
            @Nullable
            ReplicaFile first;

            @Nullable
            ReplicaFile furthest;
        };
        store.list(0, wanted, file -> found.first = found.first == null ? file : found.first);
        ReplicaFile first = found.first;
        if (first != null && first.name().min().equals(wanted)) {
            return Optional.of(first);
        }
        if (first == null && looks++ % LOOKS_BETWEEN_ALL_LEVELS != 0) {
            return Optional.empty();
        }
        for (int level = 0; level <= SNAPSHOTS && (level < SNAPSHOTS || found.furthest == null); level++) {
            store.list(level, file -> {
                ReplicaFile best = found.furthest;
                if (file.name().min().compareTo(wanted) <= 0
                        && file.name().max().compareTo(wanted) >= 0
                        && (best == null
                                || file.name().max().compareTo(best.name().max()) > 0)) {
                    found.furthest = file;
                }
            });
        }
        if (first != null && found.furthest == null) {
            throw new IOException("The replica %s has TXID %s, but no file with TXID %s before it"
                    .formatted(store.location(), first.name().min(), wanted));
        }
        return Optional.ofNullable(found.furthest);
    }

    private FollowPosition apply(
            ReplicaFile file, FollowFolder folder, FollowedDatabase followed, FollowPosition position)
            throws IOException, SQLException {
        Path fetched = folder.resolve("fetched.ltx");
        try (Lease lease = pool.lease(1);
                ReadableByteChannel content = new ReplicaFileChannel(store, file, PATIENCE, _ -> {})) {
            ByteBuffer memory = lease.get(0);
            fetch(content, fetched, memory);
            FollowPosition next = check(file, fetched, position, memory);
            LtxHeader header = header(fetched, memory);
            if (!followed.apply(fetched, header, position.txId(), memory)) {
                throw new IOException("Readers keep it locked");
            }
            folder.position(next);
            LOG.log(
                    Level.INFO,
                    "applied: database=%s txid=%s committed=%s".formatted(database, next.txId(), header.timestamp()));
            return next;
        } finally {
            Files.deleteIfExists(fetched);
        }
    }

    private static void fetch(ReadableByteChannel content, Path to, ByteBuffer memory) throws IOException {
        try (FileChannel out = FileChannel.open(
                to, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            memory.clear();
            while (content.read(memory) >= 0) {
                memory.flip();
                while (memory.hasRemaining()) {
                    out.write(memory);
                }
                memory.clear();
            }
        }
    }

    private static LtxHeader header(Path file, ByteBuffer memory) throws IOException {
        try (FileChannel in = FileChannel.open(file);
                LtxDecoder decoder = new LtxDecoder(in, memory.clear())) {
            return decoder.header();
        }
    }

    /** Reads all of it. Returns where the database is afterwards. */
    private FollowPosition check(ReplicaFile file, Path fetched, FollowPosition position, ByteBuffer memory)
            throws IOException {
        ByteBuffer page = ByteBuffer.allocate(position.pageSize());
        try (FileChannel in = FileChannel.open(fetched);
                LtxDecoder decoder = new LtxDecoder(in, memory.clear())) {
            LtxHeader header = decoder.header();
            if (!header.fileName().equals(file.name())) {
                throw damaged(file, "its header is that of " + header.fileName(), null);
            }
            if (header.pageSize() != position.pageSize()) {
                throw damaged(
                        file,
                        "its pages have %d bytes, those of the database %d"
                                .formatted(header.pageSize(), position.pageSize()),
                        null);
            }
            boolean continues = header.minTxId().equals(position.txId().next());
            if (continues
                    && !header.isSnapshot()
                    && !header.noChecksum()
                    && position.checksum() != 0
                    && header.preApplyChecksum() != position.checksum()) {
                throw damaged(
                        file,
                        "it continues another state than %s has: the replica was begun anew. Delete that, and begin again"
                                .formatted(database),
                        null);
            }
            while (decoder.nextPage(page) != 0) {
                // the decoder checks
            }
            return new FollowPosition(
                    header.maxTxId(),
                    header.noChecksum() ? 0 : decoder.trailer().postApplyChecksum(),
                    position.pageSize());
        } catch (LtxFormatException e) {
            throw damaged(file, String.valueOf(e.getMessage()), e);
        }
    }

    private ReplicaDamagedException damaged(ReplicaFile file, String what, @Nullable Exception cause) {
        return new ReplicaDamagedException(store.location(), file, what, cause);
    }
}
