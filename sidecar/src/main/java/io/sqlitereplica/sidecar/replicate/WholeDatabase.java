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
     * Streams the whole database as the next TXID into the destination: into an empty one as a snapshot, behind another
     * history as the level 0 file of that TXID, whose name only one writer can take. Nothing may be staged.
     *
     * @param after the newest file there is
     * @return where the WAL goes on
     */
    WalPosition ship(Optional<RemoteFile> after) throws IOException, SQLException {
        TxId txId = after.map(file -> file.header().maxTxId()).orElse(TxId.ZERO).next();
        Instant now = Timestamps.after(state.position().map(Position::timestamp).orElse(Instant.EPOCH));
        try (SnapshotReader image = wal.snapshot(state.spillFolder())) {
            LtxHeader header = header(image, after, txId, now);
            try (TransactionFile file =
                    TransactionFile.streamed(context, state, header.isSnapshot() ? SNAPSHOTS : 0, header)) {
                long checksum = DatabaseScan.forEachPage(image, context.stop()::check, file::page);
                file.seal(header.noChecksum() ? 0 : checksum);
                file.finish(position(image, txId, now, checksum), now);
            }
            context.status().count(StatusBoard.Count.SNAPSHOT);
            if (header.isSnapshot()) {
                context.status().snapshotTaken(now, txId);
            } else {
                context.status().wantSnapshot(txId);
            }
            return image.position();
        }
    }

    private LtxHeader header(SnapshotReader image, Optional<RemoteFile> after, TxId txId, Instant now)
            throws BrokenOffException.LineageBroken {
        boolean noChecksum = false;
        long preApplyChecksum = 0;
        if (after.isPresent()) {
            RemoteFile before = after.get();
            if (before.header().pageSize() != image.pageSize()) {
                throw new BrokenOffException.LineageBroken(new Lineage.Refused(
                        "The pages of the database have %d bytes, those of the replica in %s have %d. Choose an empty destination"
                                .formatted(
                                        image.pageSize(),
                                        context.store().location(),
                                        before.header().pageSize())));
            }
            // What its predecessor does not say, the file cannot say of it.
            noChecksum = before.header().noChecksum();
            preApplyChecksum = before.trailer().postApplyChecksum();
        }
        return new LtxHeader(
                image.pageSize(),
                image.pageCount(),
                txId,
                txId,
                now,
                noChecksum,
                preApplyChecksum,
                WalRange.NONE,
                state.writerId());
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
                table.force();
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
