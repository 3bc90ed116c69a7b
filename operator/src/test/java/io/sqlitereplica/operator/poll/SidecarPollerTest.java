package io.sqlitereplica.operator.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.sqlitereplica.operator.poll.PollResult.Answered;
import io.sqlitereplica.operator.poll.PollResult.NotReady;
import io.sqlitereplica.operator.poll.PollResult.Unreachable;
import io.sqlitereplica.operator.testing.FakeSidecar;
import io.sqlitereplica.operator.testing.Pods;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SidecarPollerTest {
    private final FakeSidecar sidecar = new FakeSidecar();
    private final SidecarPoller poller = new SidecarPoller();

    SidecarPollerTest() throws IOException {}

    @AfterEach
    void close() {
        poller.close();
        sidecar.close();
    }

    @Test
    void readsWhatTheSidecarSays() {
        assertThat(poll(sidecar.port())).isInstanceOfSatisfying(Answered.class, answer -> {
            SidecarStatus status = answer.status();
            assertThat(status.version()).isEqualTo("0.1.0");
            assertThat(status.startedAt()).isEqualTo(Instant.parse("2026-11-20T08:00:00Z"));
            assertThat(status.databases()).singleElement().satisfies(database -> {
                assertThat(database.name()).isEqualTo("orders");
                assertThat(database.state()).isEqualTo("replicating");
                assertThat(database.lagSeconds()).isZero();
                assertThat(database.lastSnapshotAt()).isEqualTo(Instant.parse("2026-11-23T03:00:05Z"));
                assertThat(database.error()).isNull();
                assertThat(database.destination())
                        .extracting(SidecarStatus.Destination::reachable)
                        .isEqualTo(true);
            });
            assertThat(status.memory())
                    .extracting(SidecarStatus.Memory::anonBytes, SidecarStatus.Memory::verdict)
                    .containsExactly(63963136L, "Healthy");
        });
    }

    @Test
    void asksEachPodAndKeepsTheirOrder() {
        Pod first = Pods.running(Pods.injected("shop", "orders-1", "orders", sidecar.port()));
        Pod second = Pods.running(Pods.injected("shop", "orders-0", "orders", sidecar.port()));

        assertThat(poller.poll(List.of(first, second), 9813))
                .hasSize(2)
                .containsOnlyKeys("orders-1", "orders-0")
                .allSatisfy((_, answer) -> assertThat(answer).isInstanceOf(Answered.class));
        assertThat(sidecar.polls()).isEqualTo(2);
    }

    @Test
    void takesAnEarlierSidecarThatKnowsFewerFields() {
        sidecar.says("{\"version\": \"0.0.1\", \"somethingNew\": 1}");

        assertThat(poll(sidecar.port()))
                .isInstanceOfSatisfying(
                        Answered.class,
                        answer -> assertThat(answer.status().databases()).isEmpty());
    }

    @Test
    void saysWhyNobodyAnswered() throws IOException {
        int free = freePort();

        assertThat(poll(free))
                .isInstanceOfSatisfying(
                        Unreachable.class,
                        result -> assertThat(result.reason())
                                .startsWith("Nobody accepts connections at http://127.0.0.1:" + free + "/status.")
                                .contains("NetworkPolicy", "service mesh"));
    }

    @Test
    void givesUpOnASidecarThatHangs() throws IOException {
        try (var silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            long start = System.nanoTime();

            assertThat(poll(silent.getLocalPort()))
                    .isInstanceOfSatisfying(
                            Unreachable.class,
                            result -> assertThat(result.reason())
                                    .contains("did not answer", "within 2 s", "NetworkPolicy"));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(1900), Duration.ofSeconds(10));
        }
    }

    @Test
    void tellsAServiceMeshByItsStatus() {
        sidecar.answersWith(503);

        assertThat(poll(sidecar.port()))
                .isInstanceOfSatisfying(
                        Unreachable.class,
                        result -> assertThat(result.reason()).contains("HTTP status 503", "service mesh"));
    }

    @Test
    void tellsAnotherProgramOnThePort() {
        for (String answer : new String[] {"<html>Welcome</html>", "{}", "[]", "null", ""}) {
            sidecar.says(answer);

            assertThat(poll(sidecar.port()))
                    .isInstanceOfSatisfying(
                            Unreachable.class,
                            result -> assertThat(result.reason())
                                    .as(answer)
                                    .contains("is not the sidecar", "spec.sidecar.port"));
        }
    }

    @Test
    void refusesAnAnswerWithoutEnd() {
        sidecar.says("{\"version\": \"" + "x".repeat(5 << 20) + "\"}");

        assertThat(poll(sidecar.port())).isInstanceOf(Unreachable.class);
    }

    @Test
    void asksNobodyBeforeTheSidecarRuns() {
        Pod pending = Pods.injected("shop", "orders-0", "orders", sidecar.port());

        assertThat(poller.poll(List.of(pending), 9813).get("orders-0")).isEqualTo(new NotReady());
        assertThat(sidecar.polls()).isZero();
    }

    private PollResult poll(int port) {
        Pod pod = Pods.running(Pods.injected("shop", "orders-0", "orders", port));
        return Objects.requireNonNull(poller.poll(List.of(pod), 9813).get("orders-0"));
    }

    private static int freePort() throws IOException {
        try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
