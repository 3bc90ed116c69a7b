package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;

/** Transactions are missing in the middle of a replica. */
public final class ReplicaHoleException extends IOException {
    private static final long serialVersionUID = 1;

    ReplicaHoleException(String location, TxId reached, ReplicaFile beyond) {
        super(
                reached.equals(TxId.ZERO)
                        ? "The replica %s has no snapshot to begin with: its files start at TXID %s. Look whether files were deleted from it; the sidecar that owns it can write a new snapshot"
                                .formatted(location, beyond.name().min())
                        : "The replica %s has a hole: its files lead up to TXID %s and go on at %s. Look whether files were deleted from it; the sidecar that owns it can write a new snapshot"
                                .formatted(location, reached, beyond.name().min()));
    }
}
