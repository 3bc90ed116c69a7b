package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.wal.SnapshotReader;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Optional;

/** Begins the replica of a database, or begins it anew: no entry of {@code pages} is needed, all are made. */
final class WholeDatabase {
    private static final int SNAPSHOTS = 9;

    private final ReplicaContext context;
    private final WalDatabase wal;
    private final StateFolder state;

    WholeDatabase(ReplicaContext context, WalDatabase wal, StateFolder state) {
        this.context = context;
        this.wal = wal;
        this.state = state;
    }

    /**
     * Streams a snapshot with the next TXID into the destination. Nothing may be staged.
     *
     * @param after the newest TXID there is
     * @return where the WAL goes on
     */
    WalPosition ship(TxId after) throws IOException, SQLException {
        TxId txId = after.next();
        Instant now = Timestamps.after(state.position().map(Position::timestamp).orElse(Instant.EPOCH));
        try (SnapshotReader image = wal.snapshot(state.spillFolder())) {
            LtxHeader header = new LtxHeader(
                    image.pageSize(),
                    image.pageCount(),
                    new TxId(1),
                    txId,
                    now,
                    false,
                    0,
                    WalRange.NONE,
                    state.writerId());
            try (TransactionFile file = TransactionFile.streamed(context, state, SNAPSHOTS, header)) {
                long checksum = DatabaseScan.forEachPage(image, context.stop()::check, file::page);
                file.seal(checksum);
                file.finish(position(image, txId, now, checksum), now);
            }
            context.status().count(StatusBoard.Count.SNAPSHOT);
            context.status().snapshotTaken(now, txId);
            return image.position();
        }
    }

    /**
     * Begins with what the destination has, if the database is the same.
     *
     * @return where the WAL goes on; empty if the database is another
     */
    Optional<WalPosition> recognise(RemoteFile newest) throws IOException, SQLException {
        try (SnapshotReader image = wal.snapshot(state.spillFolder())) {
            LtxHeader header = newest.header();
            if (image.pageCount() != header.commit() || image.pageSize() != header.pageSize()) {
                return Optional.empty();
            }
            Path file = state.spillFolder().resolve("pages");
            long checksum;
            try (PageTable table = PageTable.open(file)) {
                checksum = DatabaseScan.forEachPage(
                        image, context.stop()::check, (page, pageChecksum, _) -> table.set(page, pageChecksum));
                table.resize((int) image.pageCount()); // the lock page may be the last
            }
            if (checksum != newest.trailer().postApplyChecksum()) {
                return Optional.empty();
            }
            state.install(file, position(image, header.maxTxId(), header.timestamp(), checksum));
            return Optional.of(image.position());
        }
    }

    private Position position(SnapshotReader image, TxId txId, Instant timestamp, long checksum) throws IOException {
        return new Position(
                txId,
                timestamp,
                checksum,
                image.pageSize(),
                (int) image.pageCount(),
                wal.inode(),
                Positions.recognisable(image.position()));
    }
}
