package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.wal.WalPosition;
import org.jspecify.annotations.Nullable;

/** Positions in the WAL, as the state folder keeps them. */
final class Positions {
    private Positions() {}

    /** A position that a later start can recognise; null: it could not, for there is no frame before it. */
    static @Nullable WalPosition recognisable(WalPosition position) {
        return position.frame() == 0 ? null : position;
    }
}
