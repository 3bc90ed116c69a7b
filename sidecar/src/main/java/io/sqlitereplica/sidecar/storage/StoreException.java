package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A destination did not do what it was asked for. The message says which one, why, and the way out. */
public class StoreException extends IOException {
    /** What went wrong, as far as it matters to the one who asked. */
    public enum Kind {
        /** No answer, a broken connection, or an answer that says "later". Trying again may help. */
        UNREACHABLE,
        /** There are no keys, or the destination does not know them or their signature. */
        CREDENTIALS,
        /** The bucket or folder is not there. */
        NOT_FOUND,
        /** The keys are good but are not allowed to do this. */
        FORBIDDEN,
        /** It overwrites what it was told to leave: not to be used at all. */
        NO_CONDITIONS,
        /** All else. */
        OTHER
    }

    private final Kind kind;

    public StoreException(Kind kind, String message) {
        this(kind, message, null);
    }

    public StoreException(Kind kind, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
