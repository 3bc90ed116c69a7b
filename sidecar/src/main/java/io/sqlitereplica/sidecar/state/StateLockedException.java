package io.sqlitereplica.sidecar.state;

import java.io.IOException;
import java.nio.file.Path;

/** Another sidecar has the state folder. */
public final class StateLockedException extends IOException {
    public StateLockedException(Path folder) {
        super("Another sidecar replicates this database: it holds the lock in " + folder
                + ". Stop one of the two; a database has one replica");
    }
}
