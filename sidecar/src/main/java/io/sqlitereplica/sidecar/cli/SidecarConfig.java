package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.replicate.Schedule;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What {@code replicate} is to do.
 *
 * @param databases which, and where to
 * @param credentialsFolder files with the keys; empty: the environment has them
 * @param options how, the same for all
 * @param verification when the replicas are read through
 * @param listen where the HTTP endpoints are
 * @param podAnnotations the pod's annotations, where the downward API shows them
 * @param terminationMessage where to say why the process ended badly
 */
record SidecarConfig(
        List<Database> databases,
        Optional<Path> credentialsFolder,
        ReplicatorOptions options,
        Optional<Schedule> verification,
        InetSocketAddress listen,
        Optional<Path> podAnnotations,
        Optional<Path> terminationMessage) {
    SidecarConfig {
        databases = List.copyOf(databases);
    }

    /** A database and its replica. */
    record Database(DatabaseSpec spec, ReplicaUrl url) {}
}
