package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import io.sqlitereplica.sidecar.state.NextPosition;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.wal.SnapshotReader;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Compares the whole database with {@code pages}, and makes what differs the next TXID. One pass: the file is begun at the
 * first page that differs, and nothing is written when none does.
 */
final class Resync {
    private static final System.Logger LOG = System.getLogger(Resync.class.getName());

    private final ReplicaContext context;
    private final WalDatabase wal;
    private final StateFolder state;
    private final OpenTransaction.Room room;

    Resync(ReplicaContext context, WalDatabase wal, StateFolder state, OpenTransaction.Room room) {
        this.context = context;
        this.wal = wal;
        this.state = state;
        this.room = room;
    }

    /**
     * What was found.
     *
     * @param end where the WAL goes on
     * @param pages how many pages differed
     */
    record Result(WalPosition end, long pages) {}

    Result run(String reason) throws IOException, SQLException {
        LOG.log(Level.INFO, () -> "comparing with the replica: database=" + context.name() + " reason=" + reason);
        context.status().count(StatusBoard.Count.RESYNC);
        long start = System.nanoTime();
        Result found = run();
        Duration taken = Duration.ofNanos(System.nanoTime() - start);
        context.status().count(StatusBoard.Count.RESYNC_NANOS, taken.toNanos());
        LOG.log(
                Level.INFO,
                () -> "compared: database=" + context.name() + " txid="
                        + state.position().map(Position::txId).orElse(TxId.ZERO) + " pages=" + found.pages()
                        + " seconds=" + taken.toMillis() / 1000.0);
        return found;
    }

    private Result run() throws IOException, SQLException {
        long roomBytes = room.await(1);
        if (roomBytes > 0) {
            try {
                return scan(roomBytes);
            } catch (BrokenOffException.TooLarge _) {
                room.await(Long.MAX_VALUE); // until all TXIDs before are uploaded
            }
        }
        return scan(0);
    }

    /** Stages at most so many bytes; 0: streams. */
    private Result scan(long roomBytes) throws IOException, SQLException {
        Position last = state.position().orElseThrow();
        try (SnapshotReader image = wal.snapshot(state.spillFolder());
                Difference difference = new Difference(image, last, roomBytes)) {
            long checksum = DatabaseScan.forEachPage(image, context.stop()::check, difference);
            if (image.pageCount() != last.pageCount()) {
                difference.begin();
            }
            difference.finish(checksum);
            context.status().count(StatusBoard.Count.RESYNCED_PAGE, difference.pages);
            return new Result(image.position(), difference.pages);
        }
    }

    /** The file of what differs, if anything does. */
    private final class Difference implements DatabaseScan.Visitor, AutoCloseable {
        private final SnapshotReader image;
        private final Position last;
        private final long roomBytes;
        private final Instant now;
        private final PageTable known = state.pages();
        private @Nullable TransactionFile file;
        private long pages;

        Difference(SnapshotReader image, Position last, long roomBytes) {
            this.image = image;
            this.last = last;
            this.roomBytes = roomBytes;
            this.now = Timestamps.after(last.timestamp());
        }

        @Override
        public void page(int page, long checksum, ByteBuffer contents) throws IOException {
            if (known.get(page) != checksum) {
                begin().page(page, checksum, contents);
                pages++;
            }
        }

        TransactionFile begin() throws IOException {
            TransactionFile open = file;
            if (open == null) {
                TxId txId = last.txId().next();
                LtxHeader header = new LtxHeader(
                        image.pageSize(),
                        image.pageCount(),
                        txId,
                        txId,
                        now,
                        false,
                        last.databaseChecksum(),
                        WalRange.NONE,
                        state.writerId());
                open = roomBytes > 0
                        ? TransactionFile.staged(context, state, header, roomBytes)
                        : TransactionFile.streamed(context, state, 0, header);
                file = open;
            }
            return open;
        }

        void finish(long checksum) throws IOException {
            TransactionFile open = file;
            Position next = new Position(
                    open == null ? last.txId() : last.txId().next(),
                    open == null ? last.timestamp() : now,
                    checksum,
                    image.pageSize(),
                    (int) image.pageCount(),
                    wal.inode(),
                    Positions.recognisable(image.position()));
            if (open == null) {
                try (NextPosition step = state.next()) {
                    step.known(next);
                }
            } else {
                Instant since = context.status().unstagedSince();
                open.seal(checksum);
                open.finish(next, since == null ? now : since);
            }
            context.status().unstagedSince(null);
        }

        @Override
        public void close() throws IOException {
            if (file != null) {
                file.close();
            }
        }
    }
}
