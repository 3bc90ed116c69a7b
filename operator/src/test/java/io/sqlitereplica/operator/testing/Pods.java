package io.sqlitereplica.operator.testing;

import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.operator.inject.Names;

/** Pods as the webhook leaves them. */
public final class Pods {
    private Pods() {}

    /** A pod of a replica with its sidecar, not started yet. */
    public static Pod injected(String namespace, String name, String replica, int port) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .addToAnnotations(Annotations.INJECT, replica)
                .addToLabels(Annotations.REPLICA_LABEL, replica)
                .endMetadata()
                .withNewSpec()
                .addNewInitContainer()
                .withName(Names.CONTAINER)
                .withImage("sidecar:test")
                .withRestartPolicy("Always")
                .addNewPort()
                .withName(Names.PORT)
                .withContainerPort(port)
                .endPort()
                .endInitContainer()
                .addNewContainer()
                .withName("app")
                .withImage("app:test")
                .endContainer()
                .endSpec()
                .build();
    }

    /** The same pod with its sidecar running on the loopback address. */
    public static Pod running(Pod pod) {
        return new PodBuilder(pod).withStatus(running()).build();
    }

    /** What the kubelet says of a running pod. */
    public static PodStatus running() {
        return new PodStatusBuilder()
                .withPhase("Running")
                .withPodIP("127.0.0.1")
                .addToInitContainerStatuses(new ContainerStatusBuilder()
                        .withName(Names.CONTAINER)
                        .withImage("sidecar:test")
                        .withImageID("")
                        .withReady(true)
                        .withStarted(true)
                        .withRestartCount(0)
                        .withNewState()
                        .withNewRunning()
                        .withStartedAt("2026-11-20T08:00:00Z")
                        .endRunning()
                        .endState()
                        .build())
                .build();
    }
}
