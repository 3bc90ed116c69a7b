package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A pod and its volume are lost; the app goes on where it was. */
@Tag("e2e")
class DisasterTest {
    /** As the app printed them. */
    private static final String COMMITTED_ROWS = "SELECT 'committed ' || n || ' ' || payload FROM entries ORDER BY n";

    @RegisterExtension
    static final Scene SCENE = new Scene();

    @Test
    void restoresEveryCommittedRowWhenThePodAndItsVolumeAreDeleted() throws IOException, InterruptedException {
        App app = App.writing("graceful");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());
        SCENE.awaitReady(app.name());
        try (Journal journal = new Journal(SCENE, app.name())) {
            within(Duration.ofMinutes(1)).until(() -> journal.lines().size() > 200);

            SCENE.losePodAndVolume(app.name(), 30);

            List<String> committed = journal.linesAfterTheEnd();
            assertThat(committed).hasSizeGreaterThan(200);
            assertThat(SCENE.awaitWriting(app.name())).isGreaterThanOrEqualTo(committed.size());
            assertThat(SCENE.query(app.name(), COMMITTED_ROWS)).startsWith(committed.toArray(String[]::new));
            assertThat(SCENE.query(app.name(), "PRAGMA integrity_check")).containsExactly("ok");
        }
    }

    /** Nothing ships the last moments when a node dies, so what was confirmed before is what counts. */
    @Test
    void restoresEveryReplicatedRowWhenThePodIsKilled() throws IOException {
        App app = App.writing("killed");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());
        SCENE.awaitReady(app.name());
        within(Duration.ofMinutes(1))
                .until(() -> Journal.commits(SCENE.log(app.name())).size() > 200);
        List<String> committed = Journal.commits(SCENE.log(app.name()));
        SCENE.awaitReplicated(app.name());

        for (String container : List.of("app", "sqlitereplica")) {
            SCENE.cluster()
                    .launch("kill", SCENE.namespace(), app.name() + "-0", container)
                    .requireSuccess();
        }
        SCENE.losePodAndVolume(app.name(), 0);

        assertThat(SCENE.awaitWriting(app.name())).isGreaterThanOrEqualTo(committed.size());
        assertThat(SCENE.query(app.name(), COMMITTED_ROWS)).startsWith(committed.toArray(String[]::new));
    }

    @Test
    void worksAsTheSampleShowsIt() throws IOException {
        SCENE.cluster().kubectl("create", "namespace", "storage");
        SCENE.cluster()
                .kubectl(
                        "-n",
                        "storage",
                        "apply",
                        "-f",
                        Cluster.file("deploy/samples/s3.yaml").toString())
                .requireSuccess();
        try {
            SCENE.cluster()
                    .kubectl(
                            "apply",
                            "-f",
                            Cluster.file("deploy/samples/orders.yaml").toString())
                    .requireSuccess();
            SCENE.cluster()
                    .kubectl("-n", "shop", "wait", "--for=condition=Ready", "--timeout=2m", "sqlitereplica/orders")
                    .requireSuccess();
            assertThat(SCENE.cluster().kubectl("-n", "shop", "get", "slr").requireSuccess())
                    .containsPattern("NAME +READY +PODS +LAG +MEMORY +VERDICT +RESTARTS +NEXT-RESTART +AGE")
                    .containsPattern("orders +True +1/1 ");
        } finally {
            SCENE.cluster().kubectl("delete", "namespace", "shop", "storage", "--timeout=2m");
        }
    }
}
