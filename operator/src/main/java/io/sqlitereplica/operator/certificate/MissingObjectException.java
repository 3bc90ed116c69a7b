package io.sqlitereplica.operator.certificate;

/** An object that the chart makes is not there, or not yet: it makes the webhooks' configurations last. */
final class MissingObjectException extends IllegalStateException {
    private static final long serialVersionUID = 1;

    MissingObjectException(String message) {
        super(message);
    }
}
