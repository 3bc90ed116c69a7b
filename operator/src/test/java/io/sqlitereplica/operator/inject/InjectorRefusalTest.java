package io.sqlitereplica.operator.inject;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Decision.Inject;
import io.sqlitereplica.operator.inject.Decision.Refuse;
import io.sqlitereplica.operator.inject.Decision.Skip;
import io.sqlitereplica.operator.inject.Decision.Warning;
import io.sqlitereplica.operator.testing.Yaml;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class InjectorRefusalTest {
    private static final Injector INJECTOR = new Injector("sqlitereplica/sidecar:0.1.0");

    /** A pod that is injected; the tests change it. */
    private static final String POD = """
        apiVersion: v1
        kind: Pod
        metadata:
          name: orders-1
          labels: {apps.kubernetes.io/pod-index: "1"}
          annotations: {sqlitereplica.io/inject: orders}
          ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: orders, uid: "1", controller: true}]
        spec:
          terminationGracePeriodSeconds: 30
          securityContext: {runAsUser: 10001}
          containers:
          - name: app
            volumeMounts:
            - {name: data, mountPath: /data}
          volumes:
          - {name: data, persistentVolumeClaim: {claimName: data-orders-1}}
        """;

    /** Its SqliteReplica. */
    private static final String REPLICA = """
        apiVersion: sqlitereplica.io/v1alpha1
        kind: SqliteReplica
        metadata: {name: orders, namespace: shop}
        spec:
          databases: [{name: orders, path: /data/orders.db}]
          destination: {s3: {bucket: backups, prefix: "shop/{pod}/{database}", credentialsSecretRef: {name: backups}}}
        """;

    private static final String MOUNT = "- {name: data, mountPath: /data}";
    private static final String VOLUME = "{name: data, persistentVolumeClaim: {claimName: data-orders-1}}";
    private static final String DESTINATION =
            "{s3: {bucket: backups, prefix: \"shop/{pod}/{database}\", credentialsSecretRef: {name: backups}}}";

    private static Stream<Arguments> wrongPods() {
        return Stream.of(
                wrongPod(
                        "a bare pod",
                        RefusalReason.UnsupportedWorkload,
                        "no controller",
                        "controller: true",
                        "controller: false"),
                wrongPod(
                        "a pod of a Job",
                        RefusalReason.UnsupportedWorkload,
                        "Job orders",
                        "apps/v1, kind: StatefulSet",
                        "batch/v1, kind: Job"),
                wrongPod(
                        "a pod of somebody else's StatefulSet",
                        RefusalReason.UnsupportedWorkload,
                        "StatefulSet orders",
                        "apps/v1",
                        "apps.example/v1"),
                wrongPod(
                        "a pod of a Deployment under {pod}",
                        RefusalReason.UnstablePodName,
                        "spec.destination.s3.prefix \"shop/{pod}/{database}\"",
                        "StatefulSet",
                        "ReplicaSet"),
                wrongPod(
                        "no mount there",
                        RefusalReason.DatabaseNotOnVolume,
                        "app mounts /var/data",
                        "mountPath: /data",
                        "mountPath: /var/data"),
                wrongPod(
                        "a mount whose name only begins like the folder's",
                        RefusalReason.DatabaseNotOnVolume,
                        "app mounts /dat)",
                        "mountPath: /data",
                        "mountPath: /dat"),
                wrongPod(
                        "no mounts at all",
                        RefusalReason.DatabaseNotOnVolume,
                        "app mounts nothing",
                        "    volumeMounts:\n    - {name: data, mountPath: /data}\n",
                        ""),
                wrongPod(
                        "a read-only mount",
                        RefusalReason.VolumeReadOnly,
                        "Remove readOnly from the volume mount",
                        "mountPath: /data",
                        "mountPath: /data, readOnly: true"),
                wrongPod(
                        "a read-only claim",
                        RefusalReason.VolumeReadOnly,
                        "the volume data is read-only",
                        "data-orders-1",
                        "data-orders-1, readOnly: true"),
                wrongPod(
                        "a read-only file server",
                        RefusalReason.VolumeReadOnly,
                        "the volume data is read-only",
                        VOLUME,
                        "{name: data, nfs: {server: nas, path: /, readOnly: true}}"),
                wrongPod(
                        "a database in a ConfigMap",
                        RefusalReason.VolumeReadOnly,
                        "the volume data is read-only",
                        VOLUME,
                        "{name: data, configMap: {name: data}}"),
                wrongPod(
                        "the database's file mounted alone",
                        RefusalReason.DatabaseFolderNotMounted,
                        "Mount its folder",
                        "mountPath: /data",
                        "mountPath: /data/orders.db, subPath: orders.db"),
                wrongPod(
                        "two containers with different volumes there",
                        RefusalReason.ContainerAmbiguous,
                        "the containers other, app",
                        "containers:",
                        "containers:\n  - {name: other, volumeMounts: [{name: data, mountPath: /data, subPath: x}]}"),
                wrongPod(
                        "two containers with different users",
                        RefusalReason.ContainerAmbiguous,
                        "spec.sidecar.container",
                        "containers:",
                        "containers:\n"
                                + "  - {name: other, securityContext: {runAsUser: 7}, volumeMounts: [{name: data,"
                                + " mountPath: /data}]}"),
                wrongPod(
                        "a sub-path by a variable that is not there",
                        RefusalReason.SubPathUnclear,
                        "TENANT is not in its env",
                        "mountPath: /data",
                        "mountPath: /data, subPathExpr: $(TENANT)"),
                wrongPod(
                        "a sub-path by a variable that the sidecar has otherwise",
                        RefusalReason.SubPathUnclear,
                        "POD_NAME is not the same as the sidecar's",
                        MOUNT,
                        "- {name: data, mountPath: /data, subPathExpr: $(POD_NAME)}\n"
                                + "    env: [{name: POD_NAME, value: x}]"),
                wrongPod(
                        "a sub-path by a variable made of others",
                        RefusalReason.SubPathUnclear,
                        "TENANT refers to other variables",
                        MOUNT,
                        "- {name: data, mountPath: /data, subPathExpr: $(TENANT)}\n"
                                + "    env: [{name: TENANT, value: $(A)-b}]"),
                wrongPod(
                        "no user",
                        RefusalReason.UserUnknown,
                        "spec.sidecar.securityContext.runAsUser",
                        "runAsUser: 10001",
                        ""),
                wrongPod(
                        "a container of the sidecar's name",
                        RefusalReason.NameTaken,
                        "container named sqlitereplica",
                        "containers:",
                        "containers:\n  - {name: sqlitereplica}"),
                wrongPod(
                        "a volume of the sidecar's name",
                        RefusalReason.NameTaken,
                        "volume named sqlitereplica-tmp",
                        "volumes:",
                        "volumes:\n  - {name: sqlitereplica-tmp, emptyDir: {}}"),
                wrongPod(
                        "the sidecar's port",
                        RefusalReason.PortTaken,
                        "the container app uses port 9813",
                        MOUNT,
                        "- {name: data, mountPath: /data}\n    ports: [{containerPort: 9813}]"));
    }

    private static Stream<Arguments> wrongReplicas() {
        return Stream.of(
                wrongReplica(
                        "a second pod without {pod}",
                        RefusalReason.SharedDestination,
                        "this is pod 1 of the StatefulSet orders",
                        "{pod}/",
                        ""),
                wrongReplica(
                        "two databases",
                        RefusalReason.ReplicaInvalid,
                        "names 2 databases",
                        "databases: [",
                        "databases: [{name: other, path: /data/other.db}, "),
                wrongReplica(
                        "a container that is not there",
                        RefusalReason.ContainerNotFound,
                        "the pod's containers are app",
                        "spec:",
                        "spec:\n  sidecar: {container: web}"),
                wrongReplica(
                        "a memory limit below the floor",
                        RefusalReason.MemoryLimitTooSmall,
                        "112Mi",
                        "spec:",
                        "spec:\n  sidecar: {resources: {limits: {memory: 64Mi}}}"),
                wrongReplica(
                        "a wrong cron line",
                        RefusalReason.ReplicaInvalid,
                        "spec.restart.schedule is \"61 4 * * 0\"",
                        "spec:",
                        "spec:\n  restart: {schedule: 61 4 * * 0}"),
                wrongReplica(
                        "a day that never comes",
                        RefusalReason.ReplicaInvalid,
                        "it would never run",
                        "spec:",
                        "spec:\n  snapshot: {schedule: 0 3 30 2 *}"),
                wrongReplica(
                        "a wrong time zone",
                        RefusalReason.ReplicaInvalid,
                        "spec.snapshot.timeZone is \"Mars/Olympus\"",
                        "spec:",
                        "spec:\n  snapshot: {interval: 24h, timeZone: Mars/Olympus}"),
                wrongReplica(
                        "a name too long for a label",
                        RefusalReason.ReplicaInvalid,
                        "it can have 63",
                        "{name: orders, namespace",
                        "{name: " + "o".repeat(64) + ", namespace"),
                wrongReplica(
                        "no destination",
                        RefusalReason.ReplicaInvalid,
                        "exactly one of s3 and file",
                        DESTINATION,
                        "{}"),
                wrongReplica(
                        "a destination volume that is not there",
                        RefusalReason.DestinationVolumeNotFound,
                        "the pod has no volume of that name",
                        DESTINATION,
                        "{file: {volume: backups, path: \"{pod}\"}}"),
                wrongReplica(
                        "a path outside of the volume",
                        RefusalReason.DatabaseNotOnVolume,
                        "/etc/orders.db",
                        "/data/orders.db",
                        "/etc/orders.db"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"wrongPods", "wrongReplicas"})
    void refusesAndSaysWhatToDo(String description, RefusalReason reason, String words, String pod, String replica) {
        assertThat(decide(pod, replica, rollout(1, false)))
                .as(description)
                .isInstanceOfSatisfying(Refuse.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(reason);
                    assertThat(refused.message()).contains(words);
                });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/etc",
                "/usr",
                "/opt",
                "/opt/sqlite-replica/data",
                "/etc/sqlitereplica",
                "/sqlitereplica/destination",
                "/var/run/secrets/kubernetes.io/serviceaccount"
            })
    void refusesAVolumeThatWouldCoverTheSidecarsOwnFiles(String mountPath) {
        String pod = changed(POD, "mountPath: /data", "mountPath: " + mountPath);
        String replica = changed(REPLICA, "/data/orders.db", mountPath + "/orders.db");

        assertThat(decide(pod, replica, Optional.empty()))
                .isInstanceOfSatisfying(
                        Refuse.class, r -> assertThat(r.reason()).isEqualTo(RefusalReason.PathReserved));
    }

    @Test
    void injectsThePodThatTheseTestsChange() {
        assertThat(warnings(decide(POD, REPLICA, Optional.empty()))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"orders", "''"})
    void refusesAPodWhoseReplicaIsNotThere(String annotation) {
        Pod pod = pod(changed(POD, "inject: orders", "inject: " + annotation));

        assertThat(INJECTOR.decide(pod, "shop", Optional.empty(), Optional.empty()))
                .isInstanceOfSatisfying(Refuse.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(RefusalReason.ReplicaNotFound);
                    assertThat(refused.message()).contains("there is none in the namespace shop");
                });
    }

    @Test
    void skipsAPodThatDoesNotAsk() {
        String silent = changed(POD, "sqlitereplica.io/inject: orders", "");
        String unwilling = changed(POD, "inject: orders", "inject: 'false'");

        assertThat(decide(silent, REPLICA, Optional.empty())).isEqualTo(new Skip(SkipReason.NotAnnotated));
        assertThat(decide(unwilling, REPLICA, Optional.empty())).isEqualTo(new Skip(SkipReason.AnnotatedNotToInject));
    }

    @Test
    void injectsWhileTheReplicaIsBeingDeleted() {
        String deleted =
                changed(REPLICA, "namespace: shop", "namespace: shop, deletionTimestamp: \"2026-11-23T00:00:00Z\"");

        assertThat(decide(POD, deleted, Optional.empty())).isInstanceOf(Inject.class);
    }

    @Test
    void refusesADeploymentThatRunsTwoPodsAtATime() {
        assertThat(decideForDeployment(rollout(1, true))).isInstanceOfSatisfying(Refuse.class, refused -> {
            assertThat(refused.reason()).isEqualTo(RefusalReason.SharedDestination);
            assertThat(refused.message()).contains("the Deployment orders").contains("Recreate");
        });
        assertThat(decideForDeployment(rollout(2, false))).isInstanceOfSatisfying(Refuse.class, refused -> {
            assertThat(refused.reason()).isEqualTo(RefusalReason.SharedDestination);
            assertThat(refused.message()).contains("2 replicas");
        });
    }

    @Test
    void warnsWhenTheRolloutIsNotKnown() {
        assertThat(warnings(decideForDeployment(Optional.empty()))).containsExactly(WarningReason.RolloutUnknown);
        assertThat(warnings(decideForDeployment(rollout(1, false)))).isEmpty();
    }

    @Test
    void warnsOfAShortGracePeriod() {
        String hasty = changed(POD, "terminationGracePeriodSeconds: 30", "terminationGracePeriodSeconds: 10");

        assertThat(warnings(decide(hasty, REPLICA, Optional.empty()))).containsExactly(WarningReason.ShortGracePeriod);
    }

    @ParameterizedTest
    @ValueSource(strings = {"data", "scratch"})
    void warnsOfAReplicaThatIsLostWithItsDatabaseOrPod(String volume) {
        String pod = changed(POD, "volumes:", "volumes:\n  - {name: scratch, emptyDir: {}}");
        String replica = changed(REPLICA, DESTINATION, "{file: {volume: " + volume + ", path: replica}}");

        assertThat(warnings(decide(pod, replica, Optional.empty())))
                .containsExactly(WarningReason.DestinationNotIndependent);
    }

    private static Decision decideForDeployment(Optional<Rollout> rollout) {
        return decide(changed(POD, "StatefulSet", "ReplicaSet"), changed(REPLICA, "{pod}/", ""), rollout);
    }

    private static Decision decide(String pod, String replica, Optional<Rollout> rollout) {
        return INJECTOR.decide(pod(pod), "shop", Optional.of(Yaml.parse(replica, SqliteReplica.class)), rollout);
    }

    private static List<WarningReason> warnings(Decision decision) {
        assertThat(decision).isInstanceOf(Inject.class);
        return ((Inject) decision).warnings().stream().map(Warning::reason).toList();
    }

    private static Arguments wrongPod(String description, RefusalReason reason, String words, String old, String now) {
        return arguments(description, reason, words, changed(POD, old, now), REPLICA);
    }

    private static Arguments wrongReplica(
            String description, RefusalReason reason, String words, String old, String now) {
        return arguments(description, reason, words, POD, changed(REPLICA, old, now));
    }

    private static String changed(String yaml, String old, String now) {
        assertThat(yaml).contains(old);
        return yaml.replace(old, now);
    }

    private static Pod pod(String yaml) {
        return Yaml.parse(yaml, Pod.class);
    }

    private static Optional<Rollout> rollout(int replicas, boolean surges) {
        return Optional.of(new Rollout("Deployment orders", replicas, surges));
    }
}
