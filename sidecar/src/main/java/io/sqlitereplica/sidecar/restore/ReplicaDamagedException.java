package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A file of a replica is not what its place in the replica demands. */
public final class ReplicaDamagedException extends IOException {
    private static final long serialVersionUID = 1;

    ReplicaDamagedException(String location, ReplicaFile file, String what, @Nullable Throwable cause) {
        super(
                "The file %s on level %d of the replica %s is damaged: %s"
                        .formatted(file.name(), file.level(), location, what),
                cause);
    }
}
