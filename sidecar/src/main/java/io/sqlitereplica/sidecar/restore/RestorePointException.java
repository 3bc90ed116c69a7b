package io.sqlitereplica.sidecar.restore;

import java.io.IOException;

/** The replica has no such point; the message says which ones it has. */
public final class RestorePointException extends IOException {
    private static final long serialVersionUID = 1;

    RestorePointException(String message) {
        super(message);
    }
}
