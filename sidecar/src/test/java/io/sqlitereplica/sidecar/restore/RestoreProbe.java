package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/** A process that restores, and dies on the way as if it were killed. */
final class RestoreProbe {
    private RestoreProbe() {}

    /** {@code REPLICA TARGET N}: dies when the progress is told for the Nth time. */
    public static void main(String[] args) throws IOException {
        BufferPool pool = new BufferPool(0);
        AtomicInteger left = new AtomicInteger(Integer.parseInt(args[2]));
        Restore.to(
                RestorePoint.NEWEST, new FileReplicaStore(Path.of(args[0]), pool), Path.of(args[1]), null, pool, _ -> {
                    if (left.decrementAndGet() == 0) {
                        if (args.length > 3) {
                            System.exit(Integer.parseInt(args[3])); // in order, as by a signal
                        }
                        Runtime.getRuntime().halt(137);
                    }
                });
    }
}
