package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.sqlitereplica.api.v1alpha1.Database;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the databases of a pod are: what the sidecar mounts, each volume once at the place where the application has it.
 *
 * @param container the application's container; of several that run as the same user the first database's
 * @param mounts the mounts for the sidecar, at different places
 * @param volumes the volumes
 * @param environment the variables that sub-paths refer to
 */
record DatabaseMounts(Container container, List<VolumeMount> mounts, List<Volume> volumes, List<EnvVar> environment) {
    DatabaseMounts {
        mounts = List.copyOf(mounts);
        volumes = List.copyOf(volumes);
        environment = List.copyOf(environment);
    }

    /**
     * Finds the mounts of the databases' folders.
     *
     * @param databases at least one
     * @param chosen the container that the SqliteReplica names
     */
    static DatabaseMounts find(Pod pod, List<Database> databases, @Nullable String chosen) throws RefusedException {
        List<DatabaseMount> found = new ArrayList<>();
        for (Database database : databases) {
            DatabaseMount mount = DatabaseMount.find(pod, database.path(), chosen);
            for (DatabaseMount other : found) {
                checkTogether(mount, other);
            }
            found.add(mount);
        }
        return new DatabaseMounts(
                found.getFirst().container(),
                found.stream().map(DatabaseMount::mount).distinct().toList(),
                found.stream().map(DatabaseMount::volume).distinct().toList(),
                found.stream()
                        .flatMap(mount -> mount.environment().stream())
                        .distinct()
                        .toList());
    }

    /** One container can be both of them: it has one user, one volume at a place, and one value of a variable. */
    private static void checkTogether(DatabaseMount one, DatabaseMount other) throws RefusedException {
        if (!SidecarUser.ofContainer(one.container()).equals(SidecarUser.ofContainer(other.container()))) {
            throw apart(one, other, "they run as different users");
        }
        boolean samePlace = one.mount().getMountPath().equals(other.mount().getMountPath());
        if (samePlace && !one.mount().equals(other.mount())) {
            throw apart(
                    one, other, "they have different volumes at " + one.mount().getMountPath());
        }
        for (EnvVar variable : one.environment()) {
            if (other.environment().stream()
                    .anyMatch(known -> known.getName().equals(variable.getName()) && !known.equals(variable))) {
                throw apart(one, other, "their sub-paths take different values of " + variable.getName());
            }
        }
    }

    private static RefusedException apart(DatabaseMount one, DatabaseMount other, String why) {
        return new RefusedException(
                RefusalReason.ContainerAmbiguous,
                ("the databases are in the containers %s and %s, and one sidecar cannot follow both: %s. Mount all of"
                    + " them in one container, and name it in spec.sidecar.container of the SqliteReplica, or"
                    + " replicate those of one container only.")
                        .formatted(other.container().getName(), one.container().getName(), why));
    }
}
