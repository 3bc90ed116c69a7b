package io.sqlitereplica.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.sqlitereplica.api.v1alpha1.RestartReason;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import io.sqlitereplica.operator.testing.FakeSidecar;
import io.sqlitereplica.operator.testing.Replicas;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Restarts on schedule: one pod at a time, held back where they must be. */
class ScheduledRestartsTest {
    private final ReconciliationFixture test = new ReconciliationFixture();

    ScheduledRestartsTest() throws IOException {}

    @AfterEach
    void close() {
        test.close();
    }

    @Test
    void restartsOnePodAfterTheOtherWhenTheTimeComes() {
        test.replica = Replicas.orders(
                ReconciliationFixture.SHOP, "  restart: {schedule: '30 4 * * 0', timeZone: Europe/Berlin}\n");
        Pod first = test.client.resource(test.pod("orders-0")).create();
        Pod second = test.client.resource(test.pod("orders-1")).create();
        assertThat(test.run(first, second).nextRestart()).isEqualTo("2026-11-29T04:30+01:00");
        test.clock.set(Instant.parse("2026-11-29T03:30:05Z"));

        SqliteReplicaStatus asked = test.run(first, second);

        assertThat(test.restartAnnotation("orders-0")).contains("2026-11-29T03:30:00Z");
        assertThat(test.restartAnnotation("orders-1")).isEmpty();
        assertThat(asked.restartCount()).isOne();
        assertThat(asked.restarts()).singleElement().satisfies(restart -> {
            assertThat(restart.pod()).isEqualTo("orders-0");
            assertThat(restart.reason()).isEqualTo(RestartReason.Scheduled);
            assertThat(restart.time()).isEqualTo("2026-11-29T03:30:05Z");
            assertThat(restart.anonBytesBefore()).isEqualTo(63963136);
            assertThat(restart.anonBytesAfter()).isNull();
        });
        assertThat(asked.nextRestart()).isEqualTo("2026-12-06T04:30+01:00");

        SqliteReplicaStatus waiting = test.run(test.current("orders-0"), test.current("orders-1"));

        assertThat(waiting.nextRestart()).isEqualTo("in-progress");
        assertThat(test.restartAnnotation("orders-1")).isEmpty();

        test.sidecar.says(FakeSidecar.replicating()
                .replace("2026-11-20T08:00:00Z", "2026-11-29T03:30:07Z")
                .replace("63963136", "52428800"));
        test.clock.pass(Duration.ofSeconds(10));
        SqliteReplicaStatus back = test.run(test.current("orders-0"), test.current("orders-1"));

        assertThat(back.restarts())
                .singleElement()
                .satisfies(restart -> assertThat(restart.anonBytesAfter()).isEqualTo(52428800));
        assertThat(test.events())
                .extracting(Event::getReason)
                .contains("SidecarRestart")
                .doesNotContain("RestartHeldBack");
    }

    @Test
    void leavesAPodAloneThatChangedMeanwhile() {
        test.replica = Replicas.orders(ReconciliationFixture.SHOP, "  restart: {schedule: '30 4 * * 0'}\n");
        Pod seen = test.client.resource(test.pod("orders-0")).create();
        test.client
                .pods()
                .inNamespace(ReconciliationFixture.SHOP)
                .withName("orders-0")
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToLabels("changed", "yes")
                        .endMetadata()
                        .build());
        test.clock.set(Instant.parse("2026-11-29T04:30:05Z"));

        SqliteReplicaStatus status = test.run(seen);

        assertThat(test.restartAnnotation("orders-0")).isEmpty();
        assertThat(status.restarts()).isEmpty();
    }

    @Test
    void holdsARestartBackWhileTheDestinationIsAway() {
        test.replica = Replicas.orders(ReconciliationFixture.SHOP, "  restart: {schedule: '30 4 * * 0'}\n");
        Pod pod = test.client.resource(test.pod("orders-0")).create();
        test.sidecar.saysInstead("\"reachable\": true", "\"reachable\": false");
        test.clock.set(Instant.parse("2026-11-29T04:30:05Z"));

        test.run(pod);
        SqliteReplicaStatus status = test.run(pod);

        assertThat(status.nextRestart()).isEqualTo("held-back");
        assertThat(test.restartAnnotation("orders-0")).isEmpty();
        assertThat(test.events())
                .filteredOn(event -> event.getReason().equals("RestartHeldBack"))
                .singleElement()
                .satisfies(event ->
                        assertThat(event.getMessage()).contains("the destination of pod orders-0 cannot be reached"));

        test.clock.set(Instant.parse("2026-11-29T05:30:01Z"));

        assertThat(test.run(pod).nextRestart()).isEqualTo("2026-12-06T04:30Z");
    }

    @Test
    void suspendPausesRestarts() {
        test.replica =
                Replicas.orders(ReconciliationFixture.SHOP, "  restart: {schedule: '30 4 * * 0'}\n  suspend: true\n");
        Pod pod = test.client.resource(test.pod("orders-0")).create();
        test.clock.set(Instant.parse("2026-11-29T04:30:05Z"));

        assertThat(test.run(pod).nextRestart()).isEqualTo("suspended");
        assertThat(test.restartAnnotation("orders-0")).isEmpty();
    }
}
