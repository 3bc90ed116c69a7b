package io.sqlitereplica.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.sqlitereplica.api.v1alpha1.MemoryVerdict;
import io.sqlitereplica.api.v1alpha1.PodStatus;
import io.sqlitereplica.api.v1alpha1.PodStatus.Phase;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.testing.FakeSidecar;
import io.sqlitereplica.operator.testing.Replicas;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the status, the ConfigMap and the Events say of what was seen. */
class ReconciliationTest {
    private final ReconciliationFixture test = new ReconciliationFixture();

    ReconciliationTest() throws IOException {}

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void knowsNothingWithoutPods() {
        SqliteReplicaStatus status = test.run();

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
        test.run();

        ConfigMap made = test.configMap().orElseThrow();
        assertThat(made.getData()).containsOnlyKeys("sidecar.yaml", "jvm-128.options");
        assertThat(made.getMetadata().getOwnerReferences())
                .singleElement()
                .satisfies(owner -> assertThat(owner.getName()).isEqualTo("orders"));
        test.client
                .resource(new ConfigMapBuilder(made)
                        .addToData("sidecar.yaml", "mine")
                        .build())
                .update();

        test.run();

        assertThat(test.configMap().orElseThrow().getData()).isEqualTo(made.getData());
    }

    @Test
    void doesNotTakeAnothersConfigMap() {
        test.client
                .resource(new ConfigMapBuilder()
                        .withNewMetadata()
                        .withNamespace(ReconciliationFixture.SHOP)
                        .withName("orders-sidecar")
                        .endMetadata()
                        .addToData("mine", "yes")
                        .build())
                .create();

        SqliteReplicaStatus status = test.write(List.of(), null);

        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("InvalidSpec");
        assertThat(ReconciliationFixture.ready(status).getMessage())
                .contains("The ConfigMap orders-sidecar exists", "delete it");
        assertThat(test.configMap().orElseThrow().getData()).containsOnlyKeys("mine");
    }

    @Test
    void isReadyWhenEachPodReplicates() {
        SqliteReplicaStatus status = test.run(test.pod("orders-0"), test.pod("orders-1"));

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
        test.sidecar.says(FakeSidecar.replicating()
                .replace("\"state\": \"replicating\"", "\"state\": \"failed\"")
                .replace("\"error\": null", "\"error\": \"/data/orders.db is not a database: its header is wrong\""));

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.ready(status).getStatus()).isEqualTo("False");
        assertThat(ReconciliationFixture.ready(status).getMessage())
                .isEqualTo("Pod orders-0: /data/orders.db is not a database: its header is wrong");
        assertThat(status.pods().getFirst().phase()).isEqualTo(Phase.Failed);
        assertThat(status.podsReady()).isEqualTo("0/1");
        assertThat(test.events()).anySatisfy(event -> {
            assertThat(event.getType()).isEqualTo("Warning");
            assertThat(event.getInvolvedObject().getName()).isEqualTo("orders");
            assertThat(event.getMessage()).contains("is not a database");
        });
    }

    @Test
    void saysWhenTheDestinationCannotBeReached() {
        test.sidecar.saysInstead(
                "\"reachable\": true, \"checkedAt\": \"2026-11-23T08:00:00Z\", \"message\": null",
                "\"reachable\": false, \"message\": \"the bucket backups does not exist at http://s3.storage:9000\"");

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.condition(status, "DestinationReachable")
                        .getStatus())
                .isEqualTo("False");
        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("Unreachable");
        assertThat(ReconciliationFixture.ready(status).getMessage())
                .isEqualTo("Pod orders-0: the bucket backups does not exist at http://s3.storage:9000");
    }

    @Test
    void saysWhenTheDestinationMustNotBeUsed() {
        test.sidecar.saysInstead(
                "\"reachable\": true, \"checkedAt\": \"2026-11-23T08:00:00Z\", \"message\": null",
                "\"reachable\": false, \"reason\": \"ConditionsIgnored\", \"message\": \"the store ignores"
                        + " If-None-Match\"");

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.condition(status, "DestinationReachable"))
                .satisfies(condition -> {
                    assertThat(condition.getStatus()).isEqualTo("False");
                    assertThat(condition.getReason()).isEqualTo("ConditionsIgnored");
                    assertThat(condition.getMessage()).isEqualTo("Pod orders-0: the store ignores If-None-Match");
                });
    }

    @Test
    void doesNotCallAnUnreachableSidecarHealthy() {
        test.sidecar.answersWith(503);

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.ready(status).getStatus()).isEqualTo("Unknown");
        assertThat(ReconciliationFixture.ready(status).getMessage())
                .contains("Pod orders-0", "NetworkPolicy", "service mesh");
        assertThat(ReconciliationFixture.condition(status, "MemoryHealthy").getStatus())
                .isEqualTo("Unknown");
        assertThat(status.verdict()).isEqualTo(MemoryVerdict.Unknown);
        assertThat(status.lag()).isNull();
        assertThat(status.pods().getFirst().phase()).isEqualTo(Phase.Unknown);
    }

    @Test
    void givesASidecarTimeToListen() {
        test.sidecar.answersWith(503);
        test.clock.set(Instant.parse("2026-11-20T08:00:05Z"));

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("Starting");
        assertThat(test.events()).extracting(Event::getType).containsOnly("Normal");

        test.clock.pass(Duration.ofSeconds(15));

        assertThat(test.run(test.pod("orders-0")).pods().getFirst().phase()).isEqualTo(Phase.Unknown);
    }

    @Test
    void doesNotFlinchAtOneFailedPoll() {
        test.run(test.pod("orders-0"));
        test.sidecar.answersWith(503);
        test.clock.pass(Duration.ofSeconds(10));

        assertThat(test.run(test.pod("orders-0")).ready()).isEqualTo("True");

        test.clock.pass(Duration.ofSeconds(10));

        assertThat(test.run(test.pod("orders-0")).ready()).isEqualTo("Unknown");
    }

    @Test
    void namesAWrongPath() {
        test.sidecar.says(FakeSidecar.replicating()
                .replace("\"replicating\"", "\"waiting\"")
                .replace("\"2026-11-23T03:00:05Z\"", "null"));

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("WaitingForDatabase");
        assertThat(ReconciliationFixture.ready(status).getMessage())
                .contains("There is no database at /data/orders.db yet", "spec.databases[].path is wrong");
    }

    @Test
    void isNotReadyWhenBehind() {
        test.sidecar.saysInstead("\"lagSeconds\": 0.0", "\"lagSeconds\": 200.4");

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("Behind");
        assertThat(status.lag()).isEqualTo("3m");
    }

    @Test
    void isNotRestorableBeforeTheFirstSnapshot() {
        test.sidecar.saysInstead("\"2026-11-23T03:00:05Z\"", "null");

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.condition(status, "Replicating").getStatus())
                .isEqualTo("True");
        assertThat(ReconciliationFixture.condition(status, "Restorable").getStatus())
                .isEqualTo("False");
        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("NoSnapshot");
        assertThat(status.lastSnapshot()).isNull();
    }

    @Test
    void refusesACronLineThatIsNone() {
        test.replica = Replicas.orders(ReconciliationFixture.SHOP, "  restart: {schedule: '61 4 * * 0'}\n");

        SqliteReplicaStatus status = test.run(test.pod("orders-0"));

        assertThat(ReconciliationFixture.ready(status).getStatus()).isEqualTo("False");
        assertThat(ReconciliationFixture.ready(status).getReason()).isEqualTo("InvalidSpec");
        assertThat(ReconciliationFixture.ready(status).getMessage()).contains("spec.restart.schedule", "61 4 * * 0");
        assertThat(test.configMap()).isEmpty();
        assertThat(test.events())
                .anySatisfy(event -> assertThat(event.getReason()).isEqualTo("InvalidSpec"));
    }

    @Test
    void saysWhyASidecarDoesNotStart() {
        Pod crashing = new PodBuilder(test.pod("orders-0"))
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

        SqliteReplicaStatus status = test.run(crashing);

        assertThat(ReconciliationFixture.ready(status).getMessage())
                .isEqualTo("Pod orders-0: The sidecar ended: sidecar.yaml: unknown key compaction");
        assertThat(status.pods().getFirst().phase()).isEqualTo(Phase.Failed);
    }

    @Test
    void countsOomKillsOnce() {
        Pod killed = new PodBuilder(test.pod("orders-0"))
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

        test.run(killed);
        SqliteReplicaStatus status = test.run(killed);

        assertThat(status.oomKills()).isOne();
        assertThat(status.pods().getFirst().containerRestarts()).isOne();
        assertThat(test.events())
                .filteredOn(event -> event.getReason().equals("OOMKilled"))
                .hasSize(1);
    }

    @Test
    void writesWordsAtOnceAndNumbersRarely() {
        test.run(test.pod("orders-0"));
        assertThat(test.written).hasSize(1);
        test.sidecar.saysInstead("63963136", "73400320");
        test.clock.pass(Duration.ofSeconds(10));
        test.run(test.pod("orders-0"));
        assertThat(test.written).as("memory changed a moment ago").hasSize(1);

        test.clock.pass(StatusChange.NUMBERS_EVERY);
        test.run(test.pod("orders-0"));
        assertThat(test.written).as("memory changed five minutes ago").hasSize(2);
        assertThat(test.written.getLast().memory()).isEqualTo("70Mi/128Mi");

        test.clock.pass(StatusChange.NUMBERS_EVERY);
        test.run(test.pod("orders-0"));
        assertThat(test.written).as("nothing changed").hasSize(2);

        test.sidecar.saysInstead("\"error\": null", "\"error\": \"no space left\"");
        test.clock.pass(Duration.ofSeconds(10));
        test.run(test.pod("orders-0"));
        assertThat(test.written).as("an error came").hasSize(3);
        assertThat(ReconciliationFixture.condition(test.written.getLast(), "Ready")
                        .getLastTransitionTime())
                .isEqualTo(test.clock.instant().toString());
        assertThat(ReconciliationFixture.condition(test.written.getLast(), "Injected")
                        .getLastTransitionTime())
                .isEqualTo(ReconciliationFixture.START.toString());
    }

    @Test
    void namesThePodsThatARestoreRequestWaitsFor() {
        test.replica.setSpec(
                Replicas.orders("shop", "  restore: {request: {id: undo}}\n").getSpec());
        test.sidecar.saysInstead("\"error\": null,", "\"error\": null, \"restoreRequest\": \"before\",");
        test.run(test.pod("orders-0"));
        PodStatus waiting = test.written.getLast().pods().getFirst();
        assertThat(waiting.phase()).isEqualTo(PodStatus.Phase.Replicating);
        assertThat(waiting.message()).contains("restore request undo waits").contains("delete pod orders-0");

        test.sidecar.saysInstead("\"error\": null,", "\"error\": null, \"restoreRequest\": \"undo\",");
        test.clock.pass(Duration.ofSeconds(10));
        test.run(test.pod("orders-0"));
        PodStatus done = test.written.getLast().pods().getFirst();
        assertThat(done.message()).isNull();
        assertThat(done.databases().getFirst().restoreRequest()).isEqualTo("undo");
    }

    @Test
    void aReplicaThatWasFoundDamagedIsNotRestorable() {
        test.sidecar.saysInstead("\"error\": null,", """
            "error": null, "verification": {"at": "2026-11-23T07:59:00Z", "txid": null, "durationSeconds": 2.5,
              "error": "the file 0000000000000002-0000000000000002.ltx is damaged"},\
            """);
        test.run(test.pod("orders-0"));

        Condition restorable = ReconciliationFixture.condition(test.written.getLast(), "Restorable");
        assertThat(restorable.getStatus()).isEqualTo("False");
        assertThat(restorable.getReason()).isEqualTo("Damaged");
        assertThat(restorable.getMessage()).contains("Pod orders-0").contains("0000000000000002.ltx is damaged");
        assertThat(ReconciliationFixture.condition(test.written.getLast(), "Ready")
                        .getStatus())
                .isEqualTo("False");
    }

    @Test
    void makesOneEventOfWhatASidecarTells() {
        test.sidecar.saysInstead("\"error\": null,", """
            "error": null, "notices": [
              {"reason": "LocalRowsLost", "time": "2026-11-23T07:59:00Z", "message": "commits are gone"},
              {"reason": "SwitchedToWal", "time": "2026-11-23T07:58:00Z", "message": "it was switched"},
              {"reason": "not a reason", "time": "2026-11-23T07:58:00Z", "message": "?"}],\
            """);

        test.run(test.pod("orders-0"));
        test.run(test.pod("orders-0"));
        new Reconciliation(test.client, test.poller, (_, _) -> {}, test.clock)
                .run(
                        test.replica,
                        List.of(test.pod("orders-0")),
                        test.configMap().orElse(null));

        assertThat(test.events())
                .filteredOn(event -> event.getMessage().startsWith("Pod orders-0, database orders: "))
                .extracting(Event::getReason, Event::getType, Event::getLastTimestamp)
                .containsExactlyInAnyOrder(
                        tuple("LocalRowsLost", "Warning", "2026-11-23T07:59:00Z"),
                        tuple("SwitchedToWal", "Normal", "2026-11-23T07:58:00Z"));
    }
}
