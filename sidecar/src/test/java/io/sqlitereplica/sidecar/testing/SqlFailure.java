package io.sqlitereplica.sidecar.testing;

/** An error that SQLite gave an app. */
public final class SqlFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public SqlFailure(String message) {
        super(message);
    }
}
