package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** What happens before the application starts. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Restore(
        @Default("Restore")
        @JsonPropertyDescription("What to do before the application starts when its database file is missing:"
                + " Restore brings back the newest state of the replica, and starts empty only where the"
                + " destination has none; StartEmpty never restores; Fail keeps the application from starting"
                + " until a person decides. Default: Restore.")
        WhenMissing whenMissing,

        @Default("Fail")
        @JsonPropertyDescription("What to do when the destination holds the history of another database: Fail"
                + " keeps the application from starting (or stops replication), and nothing is written. KeepLocal"
                + " goes on with the local database, which is shipped whole behind the other history; that one stays"
                + " in the destination. UseReplica, before the application starts, renames the local files to"
                + " NAME.TIME.aside and restores the replica; a pod whose application may be running is left as with"
                + " Fail. Set it for the one time that it is needed, and back to Fail. Default: Fail.")
        OnDivergence onDivergence,

        @JsonPropertyDescription("Restores a point of the replica over an existing database, once per id: at the next"
            + " start of each pod, before its application starts. The local files are renamed to NAME.TIME.aside, and"
            + " the restored database goes on as a new transaction, so that the points after it stay in the replica. A"
            + " point that the replica does not have keeps the application from starting, and nothing is changed. The"
            + " operator deletes no pods: the status names those that still have to start anew.")
        @Nullable
        RestoreRequest request) {

    /** Fills in what was left out with the same defaults as the API server does. */
    public Restore {
        whenMissing = requireNonNullElse(whenMissing, WhenMissing.Restore);
        onDivergence = requireNonNullElse(onDivergence, OnDivergence.Fail);
    }

    static Restore defaults() {
        return new Restore(WhenMissing.Restore, OnDivergence.Fail, null);
    }

    /** What to do when the database file is missing. */
    public enum WhenMissing {
        /** Bring back the newest state of the replica; start empty only where there is none. */
        Restore,
        /** Let the application make a new database. */
        StartEmpty,
        /** Keep the application from starting. */
        Fail
    }

    /** What to do when the destination holds another history than the local database's. */
    public enum OnDivergence {
        /** Stop and say so. */
        Fail,
        /** Go on with the local database. */
        KeepLocal,
        /** Replace the local database. */
        UseReplica
    }
}
