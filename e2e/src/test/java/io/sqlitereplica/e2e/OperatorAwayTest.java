package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What goes on in a cluster while the operator is not there. */
@Tag("e2e")
class OperatorAwayTest {
    private static final App APP = App.writing("away");

    @RegisterExtension
    static final Scene SCENE = new Scene();

    @BeforeAll
    static void startAnAppAndStopTheOperator() throws IOException {
        SCENE.apply(APP.replica(SCENE.namespace()));
        SCENE.apply(APP.manifest());
        SCENE.awaitReady(APP.name());
        scaleOperator(0);
    }

    @AfterAll
    static void startTheOperator() {
        scaleOperator(1);
    }

    @Test
    void takesPodsThatDoNotAskForASidecar() {
        assertThat(run("plain", "").status()).isZero();
        assertThat(run("opted-out", "sqlitereplica.io/inject=false").status()).isZero();
    }

    @Test
    void refusesPodsThatAskForOne() {
        Command.Result result = run("asking", "sqlitereplica.io/inject=" + APP.name());

        assertThat(result.status()).isNotZero();
        assertThat(result.output()).contains("inject.sqlitereplica.io");
    }

    @Test
    void goesOnReplicating() {
        SCENE.awaitReplicated(APP.name());
    }

    private static Command.Result run(String pod, String annotation) {
        return SCENE.cluster()
                .kubectl(
                        "-n",
                        SCENE.namespace(),
                        "run",
                        pod,
                        "--image=sqlitereplica.local/busybox:dev",
                        "--annotations=" + annotation,
                        "--",
                        "true");
    }

    private static void scaleOperator(int replicas) {
        SCENE.cluster()
                .kubectl("-n", Cluster.OPERATOR, "scale", "deployment/" + Cluster.OPERATOR, "--replicas=" + replicas)
                .requireSuccess();
        within(Duration.ofMinutes(2))
                .until(() -> SCENE.client().pods().inNamespace(Cluster.OPERATOR).list().getItems().stream()
                                .filter(pod -> pod.getStatus().getConditions().stream()
                                        .anyMatch(
                                                condition -> condition.getType().equals("Ready")
                                                        && condition.getStatus().equals("True")))
                                .count()
                        == replicas);
    }
}
