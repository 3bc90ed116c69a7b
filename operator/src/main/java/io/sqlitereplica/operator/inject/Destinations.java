package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import io.sqlitereplica.api.v1alpha1.Destination;
import io.sqlitereplica.api.v1alpha1.FileDestination;
import io.sqlitereplica.operator.inject.Decision.Warning;
import io.sqlitereplica.operator.inject.Workload.ReplicaSetPod;
import io.sqlitereplica.operator.inject.Workload.StatefulSetPod;
import io.sqlitereplica.operator.inject.Workload.Unsupported;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Whether a pod may write to its destination: it must be there, last longer than the pod, and have no other writer. */
final class Destinations {
    private static final String POD = "{pod}";

    private Destinations() {}

    /** Checks the destination of a pod's replica; what is only doubtful is given back. */
    static List<Warning> check(
            Pod pod, Destination destination, DatabaseMounts databases, Workload workload, Optional<Rollout> rollout)
            throws RefusedException {
        List<Warning> warnings = new ArrayList<>();
        boolean shared = true;
        if (destination.file() != null) {
            Volume volume = volume(pod, destination.file());
            shared = !Volumes.belongsToPod(volume, pod);
            warnings.addAll(checkIndependence(volume, databases));
        }
        switch (workload) {
            case StatefulSetPod member -> checkStatefulSet(member, destination, shared);
            case ReplicaSetPod member -> warnings.addAll(checkReplicaSet(member, destination, shared, rollout));
            case Unsupported _ -> {}
        }
        return warnings;
    }

    private static Volume volume(Pod pod, FileDestination file) throws RefusedException {
        if (Volumes.find(pod, file.volume()).isEmpty()) {
            throw new RefusedException(
                    RefusalReason.DestinationVolumeNotFound,
                    ("spec.destination.file.volume of the SqliteReplica is \"%s\", but the pod has no volume of that"
                        + " name. Add it to the pod template (spec.volumes or volumeClaimTemplates); no container has"
                        + " to mount it.")
                            .formatted(file.volume()));
        }
        return Volumes.writable(pod, file.volume());
    }

    private static List<Warning> checkIndependence(Volume destination, DatabaseMounts databases) {
        if (Volumes.endsWithPod(destination)) {
            return List.of(new Warning(
                    WarningReason.DestinationNotIndependent,
                    "the replica is on the volume %s, which is deleted together with the pod."
                            .formatted(destination.getName())));
        }
        if (databases.volumes().stream().anyMatch(volume -> volume.getName().equals(destination.getName()))) {
            return List.of(new Warning(
                    WarningReason.DestinationNotIndependent,
                    "the replica is on the volume %s, the same as a database: both are lost together."
                            .formatted(destination.getName())));
        }
        return List.of();
    }

    private static void checkStatefulSet(StatefulSetPod pod, Destination destination, boolean shared)
            throws RefusedException {
        if (shared && pod.ordinal() > 0 && !hasPod(destination)) {
            throw new RefusedException(
                    RefusalReason.SharedDestination,
                    ("this is pod %d of the StatefulSet %s, and all its pods would write to one destination, %s. Put"
                        + " {pod} into it, like \"{pod}/{database}\" (existing backups stay where they are), or run"
                        + " one replica.")
                            .formatted(pod.ordinal(), pod.statefulSet(), describe(destination)));
        }
    }

    private static List<Warning> checkReplicaSet(
            ReplicaSetPod pod, Destination destination, boolean shared, Optional<Rollout> rollout)
            throws RefusedException {
        if (hasPod(destination)) {
            throw new RefusedException(
                    RefusalReason.UnstablePodName,
                    ("the destination, %s, contains {pod}, and the pods of the ReplicaSet %s have a new name each time:"
                                    + " each would start with an empty database. Remove {pod}, or run the application"
                                    + " as a StatefulSet.")
                            .formatted(describe(destination), pod.replicaSet()));
        }
        if (!shared) {
            return List.of();
        }
        if (rollout.isEmpty()) {
            return List.of(new Warning(
                    WarningReason.RolloutUnknown,
                    ("what controls the ReplicaSet %s could not be looked up: make sure that it never runs two pods at"
                                    + " a time.")
                            .formatted(pod.replicaSet())));
        }
        Rollout known = rollout.get();
        if (known.replicas() > 1) {
            throw new RefusedException(
                    RefusalReason.SharedDestination,
                    ("the %s has %d replicas, and all would write to one destination, %s. Run one replica, or use a"
                                    + " StatefulSet with {pod} in the destination.")
                            .formatted(known.workload(), known.replicas(), describe(destination)));
        }
        if (known.surges()) {
            throw new RefusedException(
                    RefusalReason.SharedDestination,
                    ("the %s starts a new pod before the old one has ended, and both would write to one destination,"
                                    + " %s. Set spec.strategy.type to Recreate (or rollingUpdate.maxSurge to 0).")
                            .formatted(known.workload(), describe(destination)));
        }
        return List.of();
    }

    private static boolean hasPod(Destination destination) {
        return folder(destination).contains(POD);
    }

    private static String describe(Destination destination) {
        return (destination.s3() != null ? "spec.destination.s3.prefix" : "spec.destination.file.path") + " \""
                + folder(destination) + "\"";
    }

    private static String folder(Destination destination) {
        if (destination.s3() != null) {
            return destination.s3().prefix();
        }
        return destination.file() != null ? destination.file().path() : "";
    }
}
