package io.sqlitereplica.sidecar.replicate;

import java.lang.System.Logger.Level;
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

    /** Whether the database is to make way: told once. */
    boolean takeDecision() {
        boolean decided = databaseGoes;
        databaseGoes = false;
        return decided;
    }
}
