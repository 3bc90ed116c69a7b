package io.sqlitereplica.operator.reconcile;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * What is found out about one condition.
 *
 * @param truth whether it holds
 * @param reason the cause in one word
 * @param message the cause, what it concerns, and what to do
 */
record Finding(Truth truth, String reason, String message) {
    /** Unknown is not healthy: nobody could be asked. */
    enum Truth {
        True,
        False,
        Unknown
    }

    static Finding holds(String reason, String message) {
        return new Finding(Truth.True, reason, message);
    }

    static Finding fails(String reason, String message) {
        return new Finding(Truth.False, reason, message);
    }

    static Finding unknown(String reason, String message) {
        return new Finding(Truth.Unknown, reason, message);
    }

    /** The condition; the time stays what it was while the status does. */
    Condition as(String type, long generation, List<Condition> previous, Instant now) {
        String since = previous.stream()
                .filter(before -> type.equals(before.getType()) && truth.name().equals(before.getStatus()))
                .map(Condition::getLastTransitionTime)
                .findFirst()
                .orElseGet(() -> now.truncatedTo(ChronoUnit.SECONDS).toString());
        return new ConditionBuilder()
                .withType(type)
                .withStatus(truth.name())
                .withReason(reason)
                .withMessage(message)
                .withObservedGeneration(generation)
                .withLastTransitionTime(since)
                .build();
    }
}
