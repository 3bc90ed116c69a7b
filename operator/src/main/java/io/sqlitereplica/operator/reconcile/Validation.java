package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.Quantity;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaSpec;
import io.sqlitereplica.operator.inject.SpecProblems;
import io.sqlitereplica.operator.jvm.JvmOptions;
import io.sqlitereplica.operator.restart.Durations;
import java.util.ArrayList;
import java.util.List;

/** What is wrong with a spec although the API server took it, perhaps before its rules were what they are now. */
final class Validation {
    private Validation() {}

    /** A sentence for each problem, naming the field and what to write instead; none when all is well. */
    static List<String> problems(SqliteReplica replica) {
        List<String> problems = new ArrayList<>(SpecProblems.of(replica));
        SqliteReplicaSpec spec = replica.getSpec();
        if (spec != null) {
            check("spec.sync.interval", spec.sync().interval(), problems);
            check("spec.restart.startingDeadline", spec.restart().startingDeadline(), problems);
            checkLimit(spec.sidecar().resources().limits().memory(), problems);
        }
        return List.copyOf(problems);
    }

    private static void check(String field, String duration, List<String> problems) {
        try {
            Durations.parse(duration);
        } catch (IllegalArgumentException e) {
            problems.add("%s: %s.".formatted(field, e.getMessage()));
        }
    }

    private static void checkLimit(Quantity limit, List<String> problems) {
        try {
            JvmOptions.forLimit(Quantity.getAmountInBytes(limit).longValue());
        } catch (IllegalArgumentException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }
}
