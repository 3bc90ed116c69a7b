package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;

/** What becomes of a pod. */
public sealed interface Decision {
    /** The pod gets the sidecar. */
    record Inject(Pod pod, List<Warning> warnings) implements Decision {
        /** Copies the list. */
        public Inject {
            warnings = List.copyOf(warnings);
        }
    }

    /** The pod stays as it is. */
    record Skip(SkipReason reason) implements Decision {}

    /** The pod must not be created like this. */
    record Refuse(RefusalReason reason, String message) implements Decision {}

    /** Something that its author should know about a pod that gets the sidecar all the same. */
    record Warning(WarningReason reason, String message) {}
}
