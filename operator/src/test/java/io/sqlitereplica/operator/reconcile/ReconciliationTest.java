package io.sqlitereplica.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import io.sqlitereplica.api.v1alpha1.Annotations;
import io.sqlitereplica.api.v1alpha1.MemoryVerdict;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.api.v1alpha1.RestartReason;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.poll.SidecarPoller;
import io.sqlitereplica.operator.testing.FakeSidecar;
import io.sqlitereplica.operator.testing.MutableClock;
import io.sqlitereplica.operator.testing.Pods;
import io.sqlitereplica.operator.testing.Replicas;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whole rounds against a mock API server and sidecars that say what a test wants. */
class ReconciliationTest {
    private static final String SHOP = "shop";
    private static final Instant START = Instant.parse("2026-11-23T08:00:00Z");

    private final KubernetesMockServer server = new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
    private final KubernetesClient client;
    private final SidecarPoller poller = new SidecarPoller();
    private final FakeSidecar sidecar = new FakeSidecar();
    private final MutableClock clock = new MutableClock(START);
    private final List<SqliteReplicaStatus> written = new ArrayList<>();
    private final Reconciliation reconciliation;
    private SqliteReplica replica = Replicas.orders(SHOP);

    ReconciliationTest() throws IOException {
        server.init();
        client = server.createClient();
        reconciliation = new Reconciliation(client, poller, (_, status) -> written.add(status), clock);
    }

    @AfterEach
    void close() {
        sidecar.close();
        poller.close();
        client.close();
        server.destroy();
    }

    @Test
    void knowsNothingWithoutPods() {
        SqliteReplicaStatus status = run();

        assertThat(status.conditions()).allSatisfy(condition -> {
            assertThat(condition.getStatus()).as(condition.getType()).isEqualTo("Unknown");
            assertThat(condition.getReason()).isEqualTo("NoPods");
            assertThat(condition.getMessage()).contains("sqlitereplica.io/inject: orders");
        });
        assertThat(status.ready()).isEqualTo("Unknown");
        assertThat(status.podsReady()).isEqualTo("0/0");
        assertThat(status.verdict()).isEqualTo(MemoryVerdict.Unknown);
        assertThat(status.observedGeneration()).isEqualTo(3);
    }

    @Test
    void writesTheConfigMapAndKeepsItAsItShouldBe() {
        run();

        ConfigMap made = configMap().orElseThrow();
        assertThat(made.getData()).containsOnlyKeys("sidecar.yaml", "jvm-128.options");
        assertThat(made.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getName()).isEqualTo("orders"));
        client.resource(new ConfigMapBuilder(made)
                        .addToData("sidecar.yaml", "mine")
                        .build())
                .update();

        run();

        assertThat(configMap().orElseThrow().getData()).isEqualTo(made.getData());
    }

    @Test
    void doesNotTakeAnothersConfigMap() {
        client.resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(SHOP)
                        .withName("orders-sidecar")
                        .endMetadata()
                        .addToData("mine", "yes")
                        .build())
                .create();

        SqliteReplicaStatus status = write(List.of(), null);

        assertThat(ready(status).getReason()).isEqualTo("InvalidSpec");
        assertThat(ready(status).getMessage()).contains("The ConfigMap orders-sidecar exists", "delete it");
        assertThat(configMap().orElseThrow().getData()).containsOnlyKeys("mine");
    }

    @Test
    void isReadyWhenEachPodReplicates() {
        SqliteReplicaStatus status = run(pod("orders-0"), pod("orders-1"));

        assertThat(status.conditions())
                .allSatisfy(condition -> assertThat(condition.getStatus())
                        .as(condition.getType())
                        .isEqualTo("True"))
                .extracting(Condition::getType)
                .containsExactly(
                        "Ready", "Injected", "DestinationReachable", "Replicating", "Restorable", "MemoryHealthy");
        assertThat(status.podsReady()).isEqualTo("2/2");
        assertThat(status.lag()).isEqualTo("0s");
        assertThat(status.memory()).isEqualTo("61Mi/128Mi");
        assertThat(status.verdict()).isEqualTo(MemoryVerdict.Healthy);
        assertThat(status.heap()).isEqualTo("11Mi/24Mi");
        assertThat(status.cache()).isEqualTo("9Mi");
        assertThat(status.destination()).isEqualTo("s3://backups/shop/{pod}/{database}");
        assertThat(status.lastSnapshot()).isEqualTo("2026-11-23T03:00:05Z");
        assertThat(status.nextRestart()).isEqualTo("-");
        assertThat(status.restartCount()).isZero();
        assertThat(status.pods()).hasSize(2).allSatisfy(pod -> {
            assertThat(pod.phase()).isEqualTo(Phase.Replicating);
            assertThat(pod.message()).isNull();
            assertThat(pod.databases())
                    .singleElement()
                    .satisfies(database -> assertThat(database.replicatedTxid()).isEqualTo("000000000000002a"));
        });
    }

    @Test
    void passesOnWhatTheSidecarSaysIsWrong() {
        sidecar.says(FakeSidecar.replicating()
                .replace("\"state\": \"replicating\"", "\"state\": \"failed\"")
                .replace("\"error\": null", "\"error\": \"/data/orders.db is not a database: its header is wrong\""));

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(ready(status).getStatus()).isEqualTo("False");
        assertThat(ready(status).getMessage())
                .isEqualTo("Pod orders-0: /data/orders.db is not a database: its header is wrong");
        assertThat(status.pods().getFirst().phase()).isEqualTo(Phase.Failed);
        assertThat(status.podsReady()).isEqualTo("0/1");
        assertThat(events()).anySatisfy(event -> {
            assertThat(event.getType()).isEqualTo("Warning");
            assertThat(event.getInvolvedObject().getName()).isEqualTo("orders");
            assertThat(event.getMessage()).contains("is not a database");
        });
    }

    @Test
    void saysWhenTheDestinationCannotBeReached() {
        sidecar.saysInstead(
                "\"reachable\": true, \"checkedAt\": \"2026-11-23T08:00:00Z\", \"message\": null",
                "\"reachable\": false, \"message\": \"the bucket backups does not exist at http://s3.storage:9000\"");

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(condition(status, "DestinationReachable").getStatus()).isEqualTo("False");
        assertThat(ready(status).getReason()).isEqualTo("Unreachable");
        assertThat(ready(status).getMessage())
                .isEqualTo("Pod orders-0: the bucket backups does not exist at http://s3.storage:9000");
    }

    @Test
    void doesNotCallAnUnreachableSidecarHealthy() {
        sidecar.answersWith(503);

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(ready(status).getStatus()).isEqualTo("Unknown");
        assertThat(ready(status).getMessage()).contains("Pod orders-0", "NetworkPolicy", "service mesh");
        assertThat(condition(status, "MemoryHealthy").getStatus()).isEqualTo("Unknown");
        assertThat(status.verdict()).isEqualTo(MemoryVerdict.Unknown);
        assertThat(status.lag()).isNull();
        assertThat(status.pods().getFirst().phase()).isEqualTo(Phase.Unknown);
    }

    @Test
    void doesNotFlinchAtOneFailedPoll() {
        run(pod("orders-0"));
        sidecar.answersWith(503);
        clock.pass(Duration.ofSeconds(10));

        assertThat(run(pod("orders-0")).ready()).isEqualTo("True");

        clock.pass(Duration.ofSeconds(10));

        assertThat(run(pod("orders-0")).ready()).isEqualTo("Unknown");
    }

    @Test
    void namesAWrongPath() {
        sidecar.says(FakeSidecar.replicating()
                .replace("\"replicating\"", "\"waiting\"")
                .replace("\"2026-11-23T03:00:05Z\"", "null"));

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(ready(status).getReason()).isEqualTo("WaitingForDatabase");
        assertThat(ready(status).getMessage())
                .contains("There is no database at /data/orders.db yet", "spec.databases[].path is wrong");
    }

    @Test
    void isNotReadyWhenBehind() {
        sidecar.saysInstead("\"lagSeconds\": 0.0", "\"lagSeconds\": 200.4");

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(ready(status).getReason()).isEqualTo("Behind");
        assertThat(status.lag()).isEqualTo("3m");
    }

    @Test
    void isNotRestorableBeforeTheFirstSnapshot() {
        sidecar.saysInstead("\"2026-11-23T03:00:05Z\"", "null");

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(condition(status, "Replicating").getStatus()).isEqualTo("True");
        assertThat(condition(status, "Restorable").getStatus()).isEqualTo("False");
        assertThat(ready(status).getReason()).isEqualTo("NoSnapshot");
        assertThat(status.lastSnapshot()).isNull();
    }

    @Test
    void refusesACronLineThatIsNone() {
        replica = Replicas.orders(SHOP, "  restart: {schedule: '61 4 * * 0'}\n");

        SqliteReplicaStatus status = run(pod("orders-0"));

        assertThat(ready(status).getStatus()).isEqualTo("False");
        assertThat(ready(status).getReason()).isEqualTo("InvalidSpec");
        assertThat(ready(status).getMessage()).contains("spec.restart.schedule", "61 4 * * 0");
        assertThat(configMap()).isEmpty();
        assertThat(events()).anySatisfy(event -> assertThat(event.getReason()).isEqualTo("InvalidSpec"));
    }

    @Test
    void saysWhyASidecarDoesNotStart() {
        Pod crashing = new PodBuilder(pod("orders-0"))
                .editStatus()
                .editFirstInitContainerStatus()
                .withState(new ContainerStateBuilder()
                        .withNewWaiting()
                        .withReason("CrashLoopBackOff")
                        .withMessage("back-off 40s restarting failed container")
                        .endWaiting()
                        .build())
                .withLastState(new ContainerStateBuilder()
                        .withNewTerminated()
                        .withExitCode(1)
                        .withReason("Error")
                        .withMessage("sidecar.yaml: unknown key compaction")
                        .endTerminated()
                        .build())
                .endInitContainerStatus()
                .endStatus()
                .build();

        SqliteReplicaStatus status = run(crashing);

        assertThat(ready(status).getMessage())
                .isEqualTo("Pod orders-0: The sidecar ended: sidecar.yaml: unknown key compaction");
        assertThat(status.pods().getFirst().phase()).isEqualTo(Phase.Failed);
    }

    @Test
    void countsOomKillsOnce() {
        Pod killed = new PodBuilder(pod("orders-0"))
                .editStatus()
                .editFirstInitContainerStatus()
                .withRestartCount(1)
                .withLastState(new ContainerStateBuilder()
                        .withNewTerminated()
                        .withExitCode(137)
                        .withReason("OOMKilled")
                        .withFinishedAt("2026-11-23T07:59:00Z")
                        .endTerminated()
                        .build())
                .endInitContainerStatus()
                .endStatus()
                .build();

        run(killed);
        SqliteReplicaStatus status = run(killed);

        assertThat(status.oomKills()).isOne();
        assertThat(status.pods().getFirst().containerRestarts()).isOne();
        assertThat(events())
                .filteredOn(event -> event.getReason().equals("OOMKilled"))
                .hasSize(1);
    }

    @Test
    void restartsOnePodAfterTheOtherWhenTheTimeComes() {
        replica = Replicas.orders(SHOP, "  restart: {schedule: '30 4 * * 0', timeZone: Europe/Berlin}\n");
        Pod first = client.resource(pod("orders-0")).create();
        Pod second = client.resource(pod("orders-1")).create();
        assertThat(run(first, second).nextRestart()).isEqualTo("2026-11-29T04:30+01:00");
        clock.set(Instant.parse("2026-11-29T03:30:05Z"));

        SqliteReplicaStatus asked = run(first, second);

        assertThat(restartAnnotation("orders-0")).contains("2026-11-29T03:30:00Z");
        assertThat(restartAnnotation("orders-1")).isEmpty();
        assertThat(asked.restartCount()).isOne();
        assertThat(asked.restarts()).singleElement().satisfies(restart -> {
            assertThat(restart.pod()).isEqualTo("orders-0");
            assertThat(restart.reason()).isEqualTo(RestartReason.Scheduled);
            assertThat(restart.time()).isEqualTo("2026-11-29T03:30:05Z");
            assertThat(restart.anonBytesBefore()).isEqualTo(63963136);
            assertThat(restart.anonBytesAfter()).isNull();
        });
        assertThat(asked.nextRestart()).isEqualTo("2026-12-06T04:30+01:00");

        SqliteReplicaStatus waiting = run(current("orders-0"), current("orders-1"));

        assertThat(waiting.nextRestart()).isEqualTo("in-progress");
        assertThat(restartAnnotation("orders-1")).isEmpty();

        sidecar.says(FakeSidecar.replicating()
                .replace("2026-11-20T08:00:00Z", "2026-11-29T03:30:07Z")
                .replace("63963136", "52428800"));
        clock.pass(Duration.ofSeconds(10));
        SqliteReplicaStatus back = run(current("orders-0"), current("orders-1"));

        assertThat(back.restarts())
                .singleElement()
                .satisfies(restart -> assertThat(restart.anonBytesAfter()).isEqualTo(52428800));
        assertThat(events())
                .extracting(Event::getReason)
                .contains("SidecarRestart")
                .doesNotContain("RestartHeldBack");
    }

    @Test
    void leavesAPodAloneThatChangedMeanwhile() {
        replica = Replicas.orders(SHOP, "  restart: {schedule: '30 4 * * 0'}\n");
        Pod seen = client.resource(pod("orders-0")).create();
        client.pods()
                .inNamespace(SHOP)
                .withName("orders-0")
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToLabels("changed", "yes")
                        .endMetadata()
                        .build());
        clock.set(Instant.parse("2026-11-29T04:30:05Z"));

        SqliteReplicaStatus status = run(seen);

        assertThat(restartAnnotation("orders-0")).isEmpty();
        assertThat(status.restarts()).isEmpty();
    }

    @Test
    void holdsARestartBackWhileTheDestinationIsAway() {
        replica = Replicas.orders(SHOP, "  restart: {schedule: '30 4 * * 0'}\n");
        Pod pod = client.resource(pod("orders-0")).create();
        sidecar.saysInstead("\"reachable\": true", "\"reachable\": false");
        clock.set(Instant.parse("2026-11-29T04:30:05Z"));

        run(pod);
        SqliteReplicaStatus status = run(pod);

        assertThat(status.nextRestart()).isEqualTo("held-back");
        assertThat(restartAnnotation("orders-0")).isEmpty();
        assertThat(events())
                .filteredOn(event -> event.getReason().equals("RestartHeldBack"))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.getMessage()).contains("the destination of pod orders-0 cannot be reached"));

        clock.set(Instant.parse("2026-11-29T05:30:01Z"));

        assertThat(run(pod).nextRestart()).isEqualTo("2026-12-06T04:30Z");
    }

    @Test
    void suspendPausesRestarts() {
        replica = Replicas.orders(SHOP, "  restart: {schedule: '30 4 * * 0'}\n  suspend: true\n");
        Pod pod = client.resource(pod("orders-0")).create();
        clock.set(Instant.parse("2026-11-29T04:30:05Z"));

        assertThat(run(pod).nextRestart()).isEqualTo("suspended");
        assertThat(restartAnnotation("orders-0")).isEmpty();
    }

    @Test
    void writesWordsAtOnceAndNumbersRarely() {
        run(pod("orders-0"));
        assertThat(written).hasSize(1);
        sidecar.saysInstead("63963136", "73400320");
        clock.pass(Duration.ofSeconds(10));
        run(pod("orders-0"));
        assertThat(written).as("memory changed a moment ago").hasSize(1);

        clock.pass(StatusChange.NUMBERS_EVERY);
        run(pod("orders-0"));
        assertThat(written).as("memory changed five minutes ago").hasSize(2);
        assertThat(written.getLast().memory()).isEqualTo("70Mi/128Mi");

        clock.pass(StatusChange.NUMBERS_EVERY);
        run(pod("orders-0"));
        assertThat(written).as("nothing changed").hasSize(2);

        sidecar.saysInstead("\"error\": null", "\"error\": \"no space left\"");
        clock.pass(Duration.ofSeconds(10));
        run(pod("orders-0"));
        assertThat(written).as("an error came").hasSize(3);
        assertThat(condition(written.getLast(), "Ready").getLastTransitionTime())
                .isEqualTo(clock.instant().toString());
        assertThat(condition(written.getLast(), "Injected").getLastTransitionTime())
                .isEqualTo(START.toString());
    }

    /** One round, with the ConfigMap as it is on the server. */
    private SqliteReplicaStatus run(Pod... pods) {
        return write(List.of(pods), configMap().orElse(null));
    }

    private SqliteReplicaStatus write(List<Pod> pods, @Nullable ConfigMap configMap) {
        reconciliation.run(replica, pods, configMap);
        return written.getLast();
    }

    private Pod pod(String name) {
        Pod pod = Pods.running(Pods.injected(SHOP, name, "orders", sidecar.port()));
        pod.getMetadata().setUid("uid-of-" + name);
        return pod;
    }

    private Pod current(String name) {
        return client.pods().inNamespace(SHOP).withName(name).get();
    }

    private Optional<String> restartAnnotation(String pod) {
        return Optional.ofNullable(current(pod).getMetadata().getAnnotations().get(Annotations.RESTART));
    }

    private Optional<ConfigMap> configMap() {
        return Optional.ofNullable(
                client.configMaps().inNamespace(SHOP).withName("orders-sidecar").get());
    }

    private List<Event> events() {
        return client.v1().events().inNamespace(SHOP).list().getItems();
    }

    private static Condition ready(SqliteReplicaStatus status) {
        return condition(status, "Ready");
    }

    private static Condition condition(SqliteReplicaStatus status, String type) {
        return status.conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow();
    }
}
