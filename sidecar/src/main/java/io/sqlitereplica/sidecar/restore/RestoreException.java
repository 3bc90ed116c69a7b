package io.sqlitereplica.sidecar.restore;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A restore cannot be done here, for a reason that is not the replica's. The message says the way out. */
public final class RestoreException extends IOException {
    private static final long serialVersionUID = 1;

    RestoreException(String message) {
        this(message, null);
    }

    RestoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
