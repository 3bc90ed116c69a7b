package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A file that was listed is gone or another one: whoever owns the replica replaced it by others. */
final class VanishedException extends IOException {
    private static final long serialVersionUID = 1;

    VanishedException(String location, ReplicaFile file, @Nullable IOException cause) {
        super(
                "The file %s on level %d of the replica %s was deleted or replaced while it was needed"
                        .formatted(file.name(), file.level(), location),
                cause);
    }
}
