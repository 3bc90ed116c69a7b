package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.restore.Follower;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.nio.file.Path;
import java.time.Duration;

/** Follows the replica in a folder until its input ends. */
final class FollowMain {
    private FollowMain() {}

    public static void main(String[] args) throws Exception {
        BufferPool pool = new BufferPool(4 << 20);
        try (ReplicaStore store = Replica.open(Path.of(args[0]), pool)) {
            Follower follower = new Follower(store, Path.of(args[1]), pool, Duration.ofMillis(20));
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    while (System.in.read() >= 0) {
                        // until it ends
                    }
                } catch (java.io.IOException e) {
                    // that is an end, too
                }
                follower.stop();
            });
            if (!follower.run(Progress.Listener.NONE)) {
                throw new IllegalStateException("There is no replica");
            }
        }
    }
}
