package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Looks at the destination before the first file is added to it, and takes it; later, makes sure that it still is ours. For
 * any thread.
 */
final class LineageGuard {
    private final ReplicaContext context;
    private final long writerId;
    private Optional<Lineage.Known> known;
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
            return Lineage.Known.uploaded(position);
        }
        TxId uploaded = new TxId(oldest.get().value() - 1);
        try {
            StagedFile first = StagedFile.read(state.staged(), oldest.get(), context.pool());
            return new Lineage.Known(
                    position, uploaded, OptionalLong.of(first.header().preApplyChecksum()));
        } catch (BrokenOffException.LineageBroken e) {
            return new Lineage.Known(position, uploaded, OptionalLong.empty());
        }
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
        listing.beginningMissingBefore().ifPresent(context.status()::wantSnapshot);
        Optional<ReplicaFile> newest = listing.newest();
        Optional<RemoteFile> remote = newest.isEmpty()
                ? Optional.empty()
                : Optional.of(RemoteFile.read(context.store(), newest.get(), context.pool()));
        context.status().destinationAnswered(Instant.now());
        Lineage lineage = Lineage.of(remote, known, writerId, context.store().location());
        return (known.isEmpty() && remote.isPresent() && isOfDeletedDatabase()
                        ? new Lineage.WholeDatabase(remote, "the database before this one was deleted", false)
                        : lineage)
                .under(context.options().onDivergence());
    }

    /** Its history has ended in order, and a new database with its name may go on behind it. */
    private boolean isOfDeletedDatabase() throws IOException {
        return context.store()
                .owner()
                .filter(owner -> owner.record().isOfDeletedDatabase())
                .isPresent();
    }

    /**
     * Passes if the destination is where the state folder says and belongs to this process. Takes it the first time, which
     * may last; then asks only now and then.
     *
     * @throws BrokenOffException.LineageBroken if it is elsewhere
     * @throws BrokenOffException.Fenced if another writer has taken it
     */
    synchronized void check() throws IOException {
        if (passed) {
            context.ownership().confirm();
            return;
        }
        context.ownership()
                .take(
                        writerId,
                        owned -> {
                            Lineage lineage = look();
                            if (!(lineage instanceof Lineage.GoOn)) {
                                throw new BrokenOffException.LineageBroken(owned ? overrule(lineage) : lineage);
                            }
                        },
                        context.stop()::pause);
        passed = true;
    }

    /**
     * Takes the destination in order to ship the whole database.
     *
     * @param planned why
     * @return behind what, as it is now
     * @throws BrokenOffException.LineageBroken if something else is to be done now
     */
    synchronized Lineage.WholeDatabase takeForWhole(Lineage.WholeDatabase planned) throws IOException {
        AtomicReference<Lineage.WholeDatabase> result = new AtomicReference<>(planned);
        context.ownership().take(writerId, owned -> result.set(planAgain(planned, owned)), context.stop()::pause);
        return Objects.requireNonNull(result.get());
    }

    private Lineage.WholeDatabase planAgain(Lineage.WholeDatabase planned, boolean owned) throws IOException {
        Lineage now = look();
        return switch (owned ? overrule(now) : now) {
            case Lineage.GoOn() -> wholeDatabase(context, planned.reason(), planned.rowsLost());
            case Lineage.WholeDatabase whole when whole.rowsLost() -> whole;
            case Lineage.WholeDatabase(Optional<RemoteFile> after, var _, var _) ->
                new Lineage.WholeDatabase(after, planned.reason(), planned.rowsLost());
            case Lineage.Compare(RemoteFile newest)
            when owned || context.options().onDivergence() == OnDivergence.KEEP_LOCAL ->
                new Lineage.WholeDatabase(Optional.of(newest), planned.reason(), planned.rowsLost());
            case Lineage.Compare compare -> throw new BrokenOffException.LineageBroken(compare);
            case Lineage.Foreign foreign -> throw new BrokenOffException.LineageBroken(foreign);
            case Lineage.Refused refused -> throw new BrokenOffException.LineageBroken(refused);
        };
    }

    /**
     * Our history was judged right before the destination became ours. What its last owner still added meanwhile does not
     * stop us, or nobody would go on.
     */
    private Lineage overrule(Lineage lineage) throws IOException {
        return lineage instanceof Lineage.Foreign
                ? wholeDatabase(context, "the writer before this one added to it until it was fenced", true)
                : lineage;
    }

    /** The database here is not what the destination leads to: what becomes of that. */
    synchronized Lineage differs(Lineage.Foreign foreign) throws IOException {
        return (context.ownership().names(writerId) ? overrule(foreign) : foreign)
                .under(context.options().onDivergence());
    }

    /** It was asked, and is ours. */
    boolean hasPassed() {
        return passed;
    }

    /** The destination was taken, and now has what the state folder says. */
    synchronized void pass() {
        passed = true;
    }

    /** The state folder now says what the destination was found to have. */
    synchronized void expect(Position position) {
        known = Optional.of(Lineage.Known.uploaded(position));
    }

    /**
     * What it means that the destination has another file of a name that we were about to create.
     *
     * @throws BrokenOffException.Fenced if another writer has taken it
     */
    static Lineage onConflict(ReplicaContext context, long writerId, int level, LtxFileName name) throws IOException {
        context.ownership().look();
        RemoteFile theirs = RemoteFile.find(context.store(), level, name, context.pool())
                .orElseThrow(() -> new IOException(
                        "The destination %s says that it has %s of level %d already, but does not show it"
                                .formatted(context.store().location(), name, level)));
        if (theirs.header().noChecksum()) {
            return wholeDatabase(context, "another program has added to the replica", false);
        }
        return theirs.header().nodeId() == writerId
                ? wholeDatabase(context, "the database was set back to an earlier state", true)
                : wholeDatabase(context, "the writer before this one added to it until it was fenced", true);
    }

    /** To ship the whole database behind what is there now. */
    static Lineage.WholeDatabase wholeDatabase(ReplicaContext context, String reason, boolean rowsLost)
            throws IOException {
        Optional<ReplicaFile> newest = RemoteListing.of(context.store()).newest();
        return new Lineage.WholeDatabase(
                newest.isEmpty()
                        ? Optional.empty()
                        : Optional.of(RemoteFile.read(context.store(), newest.get(), context.pool())),
                reason,
                rowsLost);
    }
}
