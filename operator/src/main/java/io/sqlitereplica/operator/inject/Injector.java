package io.sqlitereplica.operator.inject;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.Database;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Decision.Inject;
import io.sqlitereplica.operator.inject.Decision.Refuse;
import io.sqlitereplica.operator.inject.Decision.Skip;
import io.sqlitereplica.operator.inject.Decision.Warning;
import io.sqlitereplica.operator.inject.Workload.Unsupported;
import io.sqlitereplica.operator.jvm.LimitTooSmallException;
import io.sqlitereplica.operator.jvm.MemoryBudget;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Decides what becomes of a pod, and adds the sidecar.
 *
 * @param sidecarImage the image of the sidecar where the SqliteReplica names none
 */
public record Injector(String sidecarImage) {
    private static final long SHORT_GRACE_SECONDS = 30;

    /** The name in the pod's annotation, when the pod asks for a sidecar and has none yet. */
    public static Optional<String> wantedReplica(Pod pod) {
        return skip(pod).isPresent() ? Optional.empty() : annotation(pod);
    }

    /**
     * Decides what becomes of a pod. Its metadata need not have a name or a namespace yet.
     *
     * @param namespace the namespace in which the pod is made
     * @param replica the SqliteReplica named by {@link #wantedReplica}, empty when there is none; one that is being
     *     deleted counts, or a pod that is moved to another node could not come back
     * @param rollout how the controller behind the pod's ReplicaSet runs its pods, when that is known
     */
    public Decision decide(Pod pod, String namespace, Optional<SqliteReplica> replica, Optional<Rollout> rollout) {
        Optional<SkipReason> skip = skip(pod);
        if (skip.isPresent()) {
            return new Skip(skip.get());
        }
        if (replica.isEmpty()) {
            String name = annotation(pod).orElse("");
            return new Refuse(
                    RefusalReason.ReplicaNotFound,
                    ("the annotation %s names the SqliteReplica \"%s\", and there is none in the namespace %s. Create"
                                    + " it, or correct the annotation; \"%s\" leaves the pod without a sidecar.")
                            .formatted(Annotations.INJECT, name, namespace, Annotations.NOT_INJECTED));
        }
        try {
            return inject(pod, replica.get(), rollout);
        } catch (RefusedException e) {
            return e.toDecision();
        }
    }

    private Inject inject(Pod pod, SqliteReplica replica, Optional<Rollout> rollout) throws RefusedException {
        String name = replica.getMetadata().getName();
        checkReplica(replica);
        Workload workload = Workload.of(pod);
        if (workload instanceof Unsupported(String description)) {
            throw new RefusedException(
                    RefusalReason.UnsupportedWorkload,
                    ("the pod has %s; this version takes pods of StatefulSets and Deployments. Remove the annotation"
                                    + " %s, or run the application in one of these.")
                            .formatted(description, Annotations.INJECT));
        }
        var wanted = replica.getSpec().sidecar();
        List<Database> databases = replica.getSpec().databases();
        DatabaseMounts mounts = DatabaseMounts.find(pod, databases, wanted.container());
        List<Warning> warnings =
                new ArrayList<>(Destinations.check(pod, replica.getSpec().destination(), mounts, workload, rollout));
        SidecarUser user = SidecarUser.of(
                wanted.securityContext(),
                mounts.container(),
                pod,
                name,
                databases.getFirst().path());
        Sidecar sidecar = new Sidecar(replica, requireNonNullElse(wanted.image(), sidecarImage), mounts, user);
        List<Volume> volumes = sidecar.volumes();
        checkNames(pod, volumes, wanted.port());
        Long grace = pod.getSpec().getTerminationGracePeriodSeconds();
        if (grace != null && grace < SHORT_GRACE_SECONDS) {
            warnings.add(new Warning(
                    WarningReason.ShortGracePeriod,
                    ("terminationGracePeriodSeconds is %d: the sidecar may be killed before the last changes are"
                                    + " shipped. Set it to %d or more.")
                            .formatted(grace, SHORT_GRACE_SECONDS)));
        }
        Pod injected = new PodBuilder(pod)
                .editMetadata()
                .addToLabels(Annotations.REPLICA_LABEL, name)
                .endMetadata()
                .editSpec()
                .addToInitContainers(0, sidecar.container())
                .addAllToVolumes(volumes)
                .endSpec()
                .build();
        return new Inject(injected, warnings);
    }

    private static void checkReplica(SqliteReplica replica) throws RefusedException {
        List<String> problems = SpecProblems.of(replica);
        if (!problems.isEmpty()) {
            throw new RefusedException(
                    RefusalReason.ReplicaInvalid,
                    "the SqliteReplica %s cannot be carried out: %s"
                            .formatted(replica.getMetadata().getName(), String.join(" ", problems)));
        }
        Quantity limit = replica.getSpec().sidecar().resources().limits().memory();
        try {
            MemoryBudget.of(limit.getNumericalAmount().longValue());
        } catch (LimitTooSmallException e) {
            throw new RefusedException(RefusalReason.MemoryLimitTooSmall, String.valueOf(e.getMessage()));
        }
    }

    private static void checkNames(Pod pod, List<Volume> volumes, int port) throws RefusedException {
        if (containers(pod).anyMatch(container -> container.getName().equals(Names.CONTAINER))) {
            throw new RefusedException(
                    RefusalReason.NameTaken,
                    "the pod has a container named %s, which is the sidecar's name. Give it another name."
                            .formatted(Names.CONTAINER));
        }
        for (Volume volume : volumes) {
            if (Volumes.find(pod, volume.getName()).isPresent()) {
                throw new RefusedException(
                        RefusalReason.NameTaken,
                        "the pod has a volume named %s, which is one of the sidecar's. Give it another name."
                                .formatted(volume.getName()));
            }
        }
        for (Container container : containers(pod).toList()) {
            for (ContainerPort taken : container.getPorts()) {
                if (taken.getContainerPort() == port && !"UDP".equals(taken.getProtocol())) {
                    throw new RefusedException(
                            RefusalReason.PortTaken,
                            ("the container %s uses port %d, which is the sidecar's. Set spec.sidecar.port of the"
                                            + " SqliteReplica to another one.")
                                    .formatted(container.getName(), port));
                }
            }
        }
    }

    private static Optional<SkipReason> skip(Pod pod) {
        Optional<String> wanted = annotation(pod);
        if (wanted.isEmpty()) {
            return Optional.of(SkipReason.NotAnnotated);
        }
        if (wanted.get().equals(Annotations.NOT_INJECTED)) {
            return Optional.of(SkipReason.AnnotatedNotToInject);
        }
        return isInjected(pod, wanted.get()) ? Optional.of(SkipReason.AlreadyInjected) : Optional.empty();
    }

    private static boolean isInjected(Pod pod, String replica) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        return labels != null
                && replica.equals(labels.get(Annotations.REPLICA_LABEL))
                && pod.getSpec().getInitContainers().stream()
                        .anyMatch(container -> container.getName().equals(Names.CONTAINER));
    }

    private static Optional<String> annotation(Pod pod) {
        return Optional.ofNullable(pod.getMetadata().getAnnotations())
                .map(annotations -> annotations.get(Annotations.INJECT));
    }

    private static Stream<Container> containers(Pod pod) {
        return Stream.concat(pod.getSpec().getInitContainers().stream(), pod.getSpec().getContainers().stream());
    }
}
