package io.sqlitereplica.operator.inject;

import io.fabric8.kubernetes.api.model.CSIVolumeSource;
import io.fabric8.kubernetes.api.model.NFSVolumeSource;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimVolumeSource;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** What a pod's volumes tell about themselves. */
final class Volumes {
    private Volumes() {}

    static Optional<Volume> find(Pod pod, String name) {
        return pod.getSpec().getVolumes().stream()
                .filter(volume -> volume.getName().equals(name))
                .findFirst();
    }

    /** The volume with a name. Refuses one that no container can write. */
    static Volume writable(Pod pod, String name) throws RefusedException {
        Volume volume = find(pod, name)
                .orElseThrow(() -> new RefusedException(
                        RefusalReason.DatabaseNotOnVolume,
                        "a container mounts the volume %s, but the pod has no such volume.".formatted(name)));
        if (isReadOnly(volume)) {
            throw new RefusedException(
                    RefusalReason.VolumeReadOnly,
                    "the volume %s is read-only; the sidecar has to write there. Take a volume that can be written, or remove readOnly."
                            .formatted(name));
        }
        return volume;
    }

    private static boolean isReadOnly(Volume volume) {
        boolean always = Stream.of(
                        volume.getConfigMap(),
                        volume.getSecret(),
                        volume.getDownwardAPI(),
                        volume.getProjected(),
                        volume.getImage())
                .anyMatch(Objects::nonNull);
        return always
                || Optional.ofNullable(volume.getPersistentVolumeClaim())
                        .map(PersistentVolumeClaimVolumeSource::getReadOnly)
                        .or(() -> Optional.ofNullable(volume.getNfs()).map(NFSVolumeSource::getReadOnly))
                        .or(() -> Optional.ofNullable(volume.getCsi()).map(CSIVolumeSource::getReadOnly))
                        .orElse(false);
    }

    /** Whether the volume ends with its pod. */
    static boolean endsWithPod(Volume volume) {
        return volume.getEmptyDir() != null || volume.getEphemeral() != null;
    }

    /** Whether the volume belongs to this one pod: it ends with it, or its claim is named after it. */
    static boolean belongsToPod(Volume volume, Pod pod) {
        String ownClaim = volume.getName() + "-" + pod.getMetadata().getName();
        return endsWithPod(volume)
                || Optional.ofNullable(volume.getPersistentVolumeClaim())
                        .map(claim -> claim.getClaimName().equals(ownClaim))
                        .orElse(false);
    }
}
