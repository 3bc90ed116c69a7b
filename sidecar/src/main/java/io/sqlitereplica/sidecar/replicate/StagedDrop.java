package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Optional;

/**
 * Drops staged files to make room, so that a long outage of the destination costs no disk. Their pages become unknown, and
 * when the destination is back, the comparison with the database ships them as they are then.
 *
 * <p>The file that is being uploaded, or is next, is kept: an upload without an answer may have worked, and only with the
 * file at hand can it be recognised.
 */
final class StagedDrop {
    private static final System.Logger LOG = System.getLogger(StagedDrop.class.getName());

    private StagedDrop() {}

    /** Drops. The WAL must not be read on after that. */
    static void run(ReplicaContext context, StateFolder state, Uploader uploader) throws IOException {
        context.status().count(StatusBoard.Count.STAGING_DROP);
        Optional<TxId> kept = uploader.holdBack();
        try {
            dropAfter(kept, context, state);
        } finally {
            uploader.resume();
        }
    }

    private static void dropAfter(Optional<TxId> kept, ReplicaContext context, StateFolder state) throws IOException {
        Position last = state.position().orElseThrow();
        if (kept.isEmpty() || kept.get().equals(last.txId())) {
            return;
        }
        TxId first = kept.get().next();
        Instant since = Files.getLastModifiedTime(state.staged().path(first)).toInstant();
        LtxHeader keptHeader = header(context, state, kept.get());
        LtxHeader firstHeader = header(context, state, first);
        Position back = new Position(
                kept.get(),
                keptHeader.timestamp(),
                firstHeader.preApplyChecksum(),
                keptHeader.pageSize(),
                (int) keptHeader.commit(),
                last.inode(),
                null);
        state.dropStagedAfter(back, visitor -> {
            for (TxId txId = first; txId.compareTo(last.txId()) <= 0; txId = txId.next()) {
                StagedFile.forEachPage(state.staged(), txId, context.pool(), visitor::visit);
            }
        });
        context.status().txId(back.txId());
        context.status().unstagedSince(since);
        LOG.log(
                Level.WARNING,
                () -> "staged files dropped for want of room: database=" + context.name() + " from=" + first + " to="
                        + last.txId() + "; what they changed is shipped when the destination is back");
    }

    private static LtxHeader header(ReplicaContext context, StateFolder state, TxId txId) throws IOException {
        return StagedFile.read(state.staged(), txId, context.pool()).header();
    }
}
