package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.restore.RestorePlan;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.restore.RestorePointException;
import io.sqlitereplica.sidecar.state.Replacement;
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
 * Puts what the replica has in place of the database, before the app starts: because the histories are different, or because
 * somebody asked for it. The old files are only given other names, and nothing is touched unless the point can be restored. A
 * mark in the state folder lets what a crash interrupts be finished.
 */
final class Replacing {
    private static final System.Logger LOG = System.getLogger(Replacing.class.getName());

    private final ReplicaContext context;
    private final StartUp startUp;

    Replacing(ReplicaContext context, StartUp startUp) {
        this.context = context;
        this.startUp = startUp;
    }

    /**
     * Looks whether the database is to be replaced, and sets it aside. What was staged of it is forgotten then, or it would be
     * shipped; it is in the database that is kept.
     *
     * @param diverged it has another history than the replica, which is to be used
     * @return what is to be restored now
     */
    Optional<RestorePoint> look(StateFolder state, boolean diverged) throws IOException {
        ReplacementMark mark = state.replacement();
        context.status().requestDone(mark.lastRequest().orElse(null));
        Path database = context.database().path();
        Optional<Replacement> begun = mark.get();
        if (begun.isEmpty()) {
            Optional<String> reason = diverged ? Optional.of("") : requested(state);
            if (reason.isEmpty()) {
                return Optional.empty();
            }
            mark.set(new Replacement(Restore.newAsideEnding(database), reason.get()));
            begun = mark.get();
        }
        Replacement replacement = begun.orElseThrow();
        boolean isSetAside = Restore.isSetAside(database, replacement.ending());
        if (Files.exists(database) && isSetAside) {
            finish(state); // restored right before a crash
            return Optional.empty();
        }
        if (Files.exists(database) && !isWanted(replacement)) {
            mark.clear();
            return Optional.empty();
        }
        if (!Files.exists(database) && !isSetAside) {
            Unshipped.setAside(
                    context,
                    state,
                    replacement.request().isEmpty()
                            ? "the replica has another history"
                            : "another state was asked for, by the restore request " + replacement.request());
        }
        state.clear();
        tell(replacement, Restore.setAside(database, replacement.ending()));
        return Optional.of(point(replacement));
    }

    /** The restored database is there. */
    void finish(StateFolder state) throws IOException {
        ReplacementMark mark = state.replacement();
        String request = mark.get().map(Replacement::request).orElse("");
        if (!request.isEmpty()) {
            done(mark, request);
        }
        mark.clear();
    }

    private void done(ReplacementMark mark, String request) throws IOException {
        mark.requestDone(request);
        context.status().requestDone(request);
    }

    /** Settings may have changed since it was begun. */
    private boolean isWanted(Replacement replacement) {
        return replacement.request().isEmpty()
                ? context.options().onDivergence() == OnDivergence.USE_REPLICA
                : request(replacement).isPresent();
    }

    private Optional<RestoreRequest> request(Replacement replacement) {
        return context.options().restoreRequest().filter(request -> request.id().equals(replacement.request()));
    }

    /** That of the request as it is now; the newest if it is gone, but the database was set aside for it already. */
    private RestorePoint point(Replacement replacement) {
        return request(replacement).map(RestoreRequest::point).orElse(RestorePoint.NEWEST);
    }

    /** The id of a request that is to be done now, and can be. */
    private Optional<String> requested(StateFolder state) throws IOException {
        Optional<RestoreRequest> wanted = context.options().restoreRequest();
        if (wanted.isEmpty() || context.gate().mayHaveStarted()) {
            return Optional.empty();
        }
        RestoreRequest request = wanted.get();
        if (state.replacement().lastRequest().filter(request.id()::equals).isPresent()) {
            return Optional.empty();
        }
        context.status().state(DatabaseState.RESTORING);
        if (!startUp.insist(() -> isRestorable(request, state))) {
            LOG.log(
                    Level.INFO,
                    () -> "nothing to restore, there is no replica: database=" + context.name() + " request="
                            + request.id());
            done(state.replacement(), request.id());
            return Optional.empty();
        }
        return Optional.of(request.id());
    }

    private boolean isRestorable(RestoreRequest request, StateFolder state) throws IOException {
        try {
            Optional<RestorePlan> plan = RestorePlan.of(context.store(), request.point(), state.spillFolder());
            if (plan.isPresent()) {
                plan.get().close();
            }
            return plan.isPresent();
        } catch (RestorePointException e) {
            throw new BrokenOffException.LineageBroken(new Lineage.Refused(
                    "%s. The database was left as it is. Correct the restore request %s, or take it back, and restart the pod"
                            .formatted(Errors.message(e), request.id())));
        }
    }

    private void tell(Replacement replacement, List<Path> aside) {
        String message = replacement.request().isEmpty()
                ? "The database had another history than its replica, and restore.onDivergence is UseReplica: it was"
                        + " kept as " + aside + ", and the replica is restored in its place"
                : "The restore request " + replacement.request() + " is done: "
                        + (aside.isEmpty() ? "there was no database" : "the database was kept as " + aside);
        context.status().notice(new Notice(Notice.Reason.SET_ASIDE, Instant.now(), message));
        LOG.log(Level.WARNING, () -> "set aside: database=" + context.name() + ": " + message);
    }
}
