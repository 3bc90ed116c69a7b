package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/** Begins anew when the files of a plan are not there any more: compaction and retention go on while we read. */
final class Replanning {
    private static final int PLANS = 4; // the first, and three more

    private Replanning() {}

    /** One attempt, from the listing on. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException;
    }

    static <T> T untilNothingVanishes(Attempt<T> attempt) throws IOException {
        for (int plan = 1; ; plan++) {
            try {
                return attempt.run();
            } catch (VanishedException | ReplicaHoleException | RestorePointException e) {
                // A hole may be one of the listing: a file replaced by one on a level that was listed before.
                if (plan == PLANS) {
                    throw e;
                }
            }
        }
    }

    /** Plans, and asks a destination that does not answer again. */
    static Optional<RestorePlan> plan(ReplicaStore store, RestorePoint point, Path folder, Duration limit)
            throws IOException {
        Patience patience = new Patience(limit);
        while (true) {
            try {
                return RestorePlan.of(store, point, folder);
            } catch (IOException e) {
                patience.failed(e);
            }
        }
    }
}
