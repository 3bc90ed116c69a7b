package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.replicate.DatabaseGlob;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.replicate.Schedule;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What {@code replicate} is to do.
 *
 * @param databases which, and where to
 * @param globs which more, and below what; those above are not among them
 * @param credentialsFolder files with the keys; empty: the environment has them
 * @param options how, the same for all
 * @param verification when the replicas are read through
 * @param listen where the HTTP endpoints are
 * @param podAnnotations the pod's annotations, where the downward API shows them
 * @param terminationMessage where to say why the process ended badly
 */
record SidecarConfig(
        List<Database> databases,
        List<Glob> globs,
        Optional<Path> credentialsFolder,
        ReplicatorOptions options,
        Optional<Schedule> verification,
        InetSocketAddress listen,
        Optional<Path> podAnnotations,
        Optional<Path> terminationMessage) {
    SidecarConfig {
        databases = List.copyOf(databases);
        globs = List.copyOf(globs);
    }

    /** The names of all, for logs. */
    String names() {
        return Stream.concat(
                        databases.stream().map(Database::spec),
                        globs.stream().map(glob -> glob.glob().spec()))
                .map(DatabaseSpec::name)
                .collect(Collectors.joining(","));
    }

    /** Whether a file belongs to another entry than to this one: it is a database itself, or of an earlier pattern. */
    boolean isBefore(Glob glob, Path file) {
        return databases.stream().anyMatch(database -> database.spec().path().equals(file))
                || globs.stream()
                        .takeWhile(other -> !other.equals(glob))
                        .anyMatch(other -> other.glob().matches(file));
    }

    /** A database and its replica. */
    record Database(DatabaseSpec spec, ReplicaUrl url) {}

    /** Databases whose files match, and the folder in which each has a replica named after its file. */
    record Glob(DatabaseGlob glob, ReplicaUrl above) {}
}
