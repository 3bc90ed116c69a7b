package io.sqlitereplica.sidecar.wal;

import java.io.IOException;

/** A published frame, or the header of the log, is not what SQLite published: never "not written yet". */
public final class WalDamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    WalDamagedException(String message) {
        super(message);
    }
}
