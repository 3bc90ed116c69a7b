package io.sqlitereplica.operator.inject;

import static java.util.stream.Collectors.joining;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The container whose database is replicated, and how the sidecar mounts the volume that holds it.
 *
 * @param container the application's container
 * @param mount the mount for the sidecar: the same volume, sub-path and place
 * @param volume the volume
 * @param environment the variables that the sub-path refers to
 */
record DatabaseMount(Container container, VolumeMount mount, Volume volume, List<EnvVar> environment) {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\(([A-Za-z_][A-Za-z0-9_.-]*)\\)");

    /** What the sidecar's image brings or Linux mounts; a volume there or above would hide it. */
    private static final List<Path> NEEDED = paths(
            "/opt/sqlite-replica", "/etc/sqlitereplica", "/etc/ssl", "/bin", "/dev", "/lib", "/proc", "/sys", "/usr");

    /** Folders in which other things are mounted for the sidecar. */
    private static final List<Path> TAKEN = paths(
            "/opt/sqlite-replica",
            "/etc/sqlitereplica",
            Names.DESTINATION_PATH,
            Names.TOKEN_PATH,
            "/dev",
            "/proc",
            "/sys");

    DatabaseMount {
        environment = List.copyOf(environment);
    }

    /**
     * Finds the mount of the database's folder.
     *
     * @param chosen the container that the SqliteReplica names
     */
    static DatabaseMount find(Pod pod, String databasePath, @Nullable String chosen) throws RefusedException {
        List<Candidate> covering = candidates(pod, chosen).stream()
                .flatMap(container -> Candidate.of(container, databasePath).stream())
                .toList();
        if (covering.isEmpty()) {
            throw new RefusedException(RefusalReason.DatabaseNotOnVolume, notOnVolume(pod, databasePath, chosen));
        }
        List<Candidate> writable =
                covering.stream().filter(candidate -> !candidate.readOnly()).toList();
        if (writable.isEmpty()) {
            throw new RefusedException(
                    RefusalReason.VolumeReadOnly,
                    ("the container %s mounts the volume %s at %s read-only; the sidecar has to write beside the"
                                    + " database %s. Remove readOnly from the volume mount.")
                            .formatted(
                                    covering.getFirst().container().getName(),
                                    covering.getFirst().mount().getName(),
                                    covering.getFirst().mount().getMountPath(),
                                    databasePath));
        }
        Candidate found = writable.getFirst();
        if (writable.stream().anyMatch(other -> !other.sameAs(found))) {
            throw new RefusedException(
                    RefusalReason.ContainerAmbiguous,
                    ("the containers %s all mount a volume over %s, and not in the same way or not as the same user."
                                    + " Name the one to follow in spec.sidecar.container of the SqliteReplica.")
                            .formatted(names(writable), databasePath));
        }
        return found.toMount(pod, databasePath);
    }

    private static List<Container> candidates(Pod pod, @Nullable String chosen) throws RefusedException {
        List<Container> containers = pod.getSpec().getContainers();
        if (chosen == null) {
            return containers;
        }
        List<Container> named =
                containers.stream().filter(c -> c.getName().equals(chosen)).toList();
        if (named.isEmpty()) {
            throw new RefusedException(
                    RefusalReason.ContainerNotFound,
                    "spec.sidecar.container of the SqliteReplica is \"%s\", but the pod's containers are %s."
                            .formatted(
                                    chosen,
                                    containers.stream().map(Container::getName).collect(joining(", "))));
        }
        return named;
    }

    private static String notOnVolume(Pod pod, String databasePath, @Nullable String chosen) {
        String mounts = pod.getSpec().getContainers().stream()
                .filter(container -> chosen == null || container.getName().equals(chosen))
                .map(container -> container.getName() + " mounts "
                        + (container.getVolumeMounts().isEmpty()
                                ? "nothing"
                                : container.getVolumeMounts().stream()
                                        .map(VolumeMount::getMountPath)
                                        .collect(joining(", "))))
                .collect(joining("; "));
        return ("the database %s is on no volume (%s). Mount a volume over its folder, or correct"
                        + " spec.databases[].path of the SqliteReplica: it is the path inside of the container.")
                .formatted(databasePath, mounts);
    }

    private static String names(List<Candidate> candidates) {
        return candidates.stream().map(c -> c.container().getName()).collect(joining(", "));
    }

    private static List<Path> paths(String... paths) {
        return Stream.of(paths).map(Path::of).toList();
    }

    /** A container with the mount that holds the path: the longest that covers it. */
    private record Candidate(Container container, VolumeMount mount) {
        static Optional<Candidate> of(Container container, String databasePath) {
            Path database = Path.of(databasePath);
            return container.getVolumeMounts().stream()
                    .filter(mount -> database.startsWith(Path.of(mount.getMountPath())))
                    .max(Comparator.comparingInt(
                            mount -> Path.of(mount.getMountPath()).getNameCount()))
                    .map(mount -> new Candidate(container, mount));
        }

        boolean readOnly() {
            return Boolean.TRUE.equals(mount.getReadOnly());
        }

        boolean sameAs(Candidate other) {
            return sidecarMount().equals(other.sidecarMount())
                    && SidecarUser.ofContainer(container).equals(SidecarUser.ofContainer(other.container));
        }

        VolumeMount sidecarMount() {
            return new VolumeMountBuilder()
                    .withName(mount.getName())
                    .withMountPath(mount.getMountPath())
                    .withSubPath(mount.getSubPath())
                    .withSubPathExpr(mount.getSubPathExpr())
                    .build();
        }

        DatabaseMount toMount(Pod pod, String databasePath) throws RefusedException {
            Path place = Path.of(mount.getMountPath());
            if (place.equals(Path.of(databasePath))) {
                throw new RefusedException(
                        RefusalReason.DatabaseFolderNotMounted,
                        ("the container %s mounts the file %s alone; SQLite and the sidecar keep more files beside it."
                                        + " Mount its folder.")
                                .formatted(container.getName(), databasePath));
            }
            if (NEEDED.stream().anyMatch(needed -> needed.startsWith(place))
                    || TAKEN.stream().anyMatch(place::startsWith)) {
                throw new RefusedException(
                        RefusalReason.PathReserved,
                        ("the volume %s is mounted at %s, where the sidecar has files of its own. Mount the database's"
                                        + " volume elsewhere, like at /data.")
                                .formatted(mount.getName(), mount.getMountPath()));
            }
            return new DatabaseMount(
                    container, sidecarMount(), Volumes.writable(pod, mount.getName()), environmentOfSubPath());
        }

        private List<EnvVar> environmentOfSubPath() throws RefusedException {
            if (mount.getSubPathExpr() == null) {
                return List.of();
            }
            List<EnvVar> variables = new ArrayList<>();
            for (String name : VARIABLE.matcher(mount.getSubPathExpr())
                    .results()
                    .map(result -> result.group(1))
                    .distinct()
                    .toList()) {
                EnvVar variable = container.getEnv().stream()
                        .filter(candidate -> candidate.getName().equals(name))
                        .reduce((_, last) -> last)
                        .orElseThrow(() -> unclear("%s is not in its env".formatted(name)));
                if (Sidecar.hasOtherVariable(variable)) {
                    throw unclear("%s is not the same as the sidecar's".formatted(name));
                }
                if (variable.getValue() != null && variable.getValue().contains("$(")) {
                    throw unclear("%s refers to other variables".formatted(name));
                }
                if (!Sidecar.hasVariable(variable)) {
                    variables.add(variable);
                }
            }
            return variables;
        }

        private RefusedException unclear(String why) {
            return new RefusedException(
                    RefusalReason.SubPathUnclear,
                    "the container %s mounts the volume %s with subPathExpr %s, but %s. Give the variable a plain value in env."
                            .formatted(container.getName(), mount.getName(), mount.getSubPathExpr(), why));
        }
    }
}
