package io.sqlitereplica.operator.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Decision.Inject;
import io.sqlitereplica.operator.inject.Decision.Refuse;
import io.sqlitereplica.operator.inject.Decision.Skip;
import io.sqlitereplica.operator.inject.Decision.Warning;
import io.sqlitereplica.operator.testing.Yaml;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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

    private static final String DESTINATION =
            "{s3: {bucket: backups, prefix: \"shop/{pod}/{database}\", credentialsSecretRef: {name: backups}}}";

    /** A right pod or SqliteReplica with one mistake, and how the pod is refused. */
    record Mistake(String mistake, String in, String replace, String by, RefusalReason reason, String message) {
        String pod() {
            return in.equals("pod") ? changed(POD, replace, by) : POD;
        }

        String replica() {
            return in.equals("replica") ? changed(REPLICA, replace, by) : REPLICA;
        }

        @Override
        public String toString() {
            return mistake;
        }
    }

    private static Mistake[] mistakes() {
        return Yaml.read(InjectorRefusalTest.class, "refusals.yaml", Mistake[].class);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void refusesAndSaysWhatToDo(Mistake mistake) {
        assertThat(decide(mistake.pod(), mistake.replica(), rollout(1, false)))
                .isInstanceOfSatisfying(Refuse.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(mistake.reason());
                    assertThat(refused.message()).contains(mistake.message());
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

    private static String withWorker(String container) {
        return changed(
                POD,
                "  volumes:\n",
                "  - {name: worker, " + container + "}\n  volumes:\n  - {name: more, emptyDir: {}}\n");
    }

    private static String withJobs(String path) {
        return changed(REPLICA, "/data/orders.db}", "/data/orders.db}, {name: jobs, path: " + path + "}");
    }

    @Test
    void followsSeveralContainersOfOneUser() {
        String pod = withWorker("volumeMounts: [{name: more, mountPath: /queue}]");

        assertThat(decide(pod, withJobs("/queue/jobs.db"), Optional.empty())).isInstanceOf(Decision.Inject.class);
    }

    @Test
    void refusesContainersThatOneSidecarCannotFollow() {
        String otherUser =
                withWorker("securityContext: {runAsUser: 7}, volumeMounts: [{name: more, mountPath: /queue}]");
        assertThat(decide(otherUser, withJobs("/queue/jobs.db"), Optional.empty()))
                .isInstanceOfSatisfying(Refuse.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(RefusalReason.ContainerAmbiguous);
                    assertThat(refused.message()).contains("containers app and worker", "they run as different users");
                });

        assertThat(decide(POD, withJobs("/queue/jobs.db"), Optional.empty()))
                .isInstanceOfSatisfying(Refuse.class, refused -> {
                    assertThat(refused.reason()).isEqualTo(RefusalReason.DatabaseNotOnVolume);
                    assertThat(refused.message()).contains("/queue/jobs.db", "spec.databases[].path");
                });
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
