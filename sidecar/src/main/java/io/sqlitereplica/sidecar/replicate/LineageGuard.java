package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Looks at the destination before the first file is added to it. For any thread. */
final class LineageGuard {
    private final ReplicaContext context;
    private final long writerId;
    private final Optional<Lineage.Known> known;
    private volatile boolean passed;

    /** One for what the state folder says now. */
    LineageGuard(ReplicaContext context, StateFolder state) throws IOException {
        this.context = context;
        this.writerId = state.writerId();
        Optional<Position> position = state.position();
        this.known = position.isEmpty() ? Optional.empty() : Optional.of(known(context, state, position.get()));
    }

    private static Lineage.Known known(ReplicaContext context, StateFolder state, Position position)
            throws IOException {
        Optional<TxId> oldest = state.staged().oldest();
        if (oldest.isEmpty()) {
            return new Lineage.Known(position, position.txId(), position.databaseChecksum());
        }
        StagedFile first = StagedFile.read(state.staged().path(oldest.get()), context.pool());
        return new Lineage.Known(
                position, new TxId(oldest.get().value() - 1), first.header().preApplyChecksum());
    }

    /** Lists the destination, once. */
    synchronized Lineage look() throws IOException {
        RemoteListing listing = RemoteListing.of(context.store());
        Optional<ReplicaFile> snapshot = listing.newestSnapshot();
        if (snapshot.isPresent()) {
            context.status()
                    .snapshotTaken(
                            context.store().timestamp(snapshot.get()),
                            snapshot.get().name().max());
        }
        Optional<ReplicaFile> newest = listing.newest();
        Optional<RemoteFile> remote = newest.isEmpty()
                ? Optional.empty()
                : Optional.of(RemoteFile.read(context.store(), newest.get(), context.pool()));
        context.status().destinationAnswered(Instant.now());
        Lineage lineage = Lineage.of(remote, known, writerId, context.store().location());
        passed = lineage instanceof Lineage.GoOn;
        return lineage;
    }

    /**
     * Passes if the destination is where the state folder says. Asks it once.
     *
     * @throws BrokenOffException.LineageBroken if not
     */
    synchronized void check() throws IOException {
        if (!passed) {
            Lineage lineage = look();
            if (!(lineage instanceof Lineage.GoOn)) {
                throw new BrokenOffException.LineageBroken(lineage);
            }
        }
    }

    /** It was asked, and is. */
    boolean hasPassed() {
        return passed;
    }

    /** The destination now has what the state folder says. */
    synchronized void pass() {
        passed = true;
    }

    /** What it means that the destination has another file of a name that we were about to create. */
    static Lineage onConflict(ReplicaContext context, long writerId, int level, LtxFileName name) throws IOException {
        RemoteFile theirs = RemoteFile.find(context.store(), level, name, context.pool())
                .orElseThrow(() -> new IOException(
                        "The destination %s says that it has %s of level %d already, but does not show it"
                                .formatted(context.store().location(), name, level)));
        boolean ours = theirs.header().nodeId() == writerId;
        if (!ours && !theirs.header().noChecksum()) {
            return new Lineage.Foreign(
                    Lineage.foreign(theirs, context.store().location(), "was written while this sidecar ran"));
        }
        TxId newest = RemoteListing.of(context.store())
                .newest()
                .map(file -> file.name().max())
                .orElse(name.max());
        return new Lineage.WholeDatabase(
                newest,
                ours ? "the database was set back to an earlier state" : "another program has added to the replica",
                ours);
    }
}
