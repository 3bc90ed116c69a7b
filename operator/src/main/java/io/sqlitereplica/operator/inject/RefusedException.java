package io.sqlitereplica.operator.inject;

/** Leaves the decision for a pod early; never leaves this package. */
final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    private final RefusalReason reason;
    private final String text;

    RefusedException(RefusalReason reason, String message) {
        super(message, null, false, false);
        this.reason = reason;
        this.text = message;
    }

    Decision.Refuse toDecision() {
        return new Decision.Refuse(reason, text);
    }
}
