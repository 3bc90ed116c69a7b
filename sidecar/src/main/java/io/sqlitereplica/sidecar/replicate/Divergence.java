package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.state.ReplacementMark;
import io.sqlitereplica.sidecar.state.StateFolder;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What becomes of a database whose destination has another history, where that is not to go on with the database ({@link
 * Lineage#under}).
 */
final class Divergence {
    private static final System.Logger LOG = System.getLogger(Divergence.class.getName());

    private final ReplicaContext context;
    private boolean databaseGoes;

    Divergence(ReplicaContext context) {
        this.context = context;
    }

    /**
     * Decides.
     *
     * @param message what is in the way
     * @return why replication stops; empty if the database is to make way for the replica
     */
    Optional<String> met(String message, long writerId) {
        boolean wanted = context.options().onDivergence() == OnDivergence.USE_REPLICA;
        if (wanted && !context.gate().mayHaveStarted()) {
            LOG.log(Level.WARNING, () -> "diverged: database=" + context.name() + ": " + message);
            databaseGoes = true;
            return Optional.empty();
        }
        String stopped = context.ownership()
                .other(writerId)
                .map(owner -> "%s. The destination belongs to %s. Not in the replica: %s"
                        .formatted(message, owner, context.status().unshipped()))
                .orElse(message);
        return Optional.of(
                wanted
                        ? stopped + ". restore.onDivergence is UseReplica, but the app may be running: delete the pod,"
                                + " and the next one restores the replica before its app starts"
                        : stopped);
    }

    /**
     * Sets the database aside if that was decided, now or before a crash. What was staged of it is forgotten first, or it
     * would be shipped; it is in the database that is kept.
     *
     * @return whether the replica is to be restored now
     */
    boolean setAsideWhatIsToGo(StateFolder state) throws IOException {
        Path database = context.database().path();
        ReplacementMark mark = state.replacement();
        if (databaseGoes) {
            mark.set(Restore.newAsideEnding(database));
            databaseGoes = false;
        }
        Optional<String> ending = mark.ending();
        if (ending.isEmpty()) {
            return false;
        }
        boolean isSetAside = Restore.isSetAside(database, ending.get());
        if (Files.exists(database) && (isSetAside || context.options().onDivergence() != OnDivergence.USE_REPLICA)) {
            mark.clear(); // restored right before a crash, or not to be replaced any more
            return false;
        }
        if (!Files.exists(database) && !isSetAside) {
            Unshipped.setAside(context, state, "the replica has another history");
        }
        state.clear();
        List<Path> aside = Restore.setAside(database, ending.get());
        String message =
                "The database had another history than its replica, and restore.onDivergence is UseReplica: it was"
                        + " kept as " + aside + ", and the replica is restored in its place";
        context.status().notice(new Notice(Notice.Reason.SET_ASIDE, Instant.now(), message));
        LOG.log(Level.WARNING, () -> "set aside: database=" + context.name() + ": " + message);
        return true;
    }
}
