package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The S3 server cannot be reached for a while. */
@Tag("e2e")
class StoreOutageTest {
    private static final Duration OUTAGE = Duration.ofSeconds(60);

    @RegisterExtension
    static final Scene SCENE = new Scene();

    @Test
    void tellsOfTheOutageLetsTheAppWriteAndCatchesUpAfterwards() throws IOException {
        App app = App.writing("outage");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());
        SCENE.awaitReady(app.name());
        int before = Journal.commits(SCENE.log(app.name())).size();

        // The data stays in the server's pod: only the way there is cut.
        selectPodsOf("nobody");
        Instant cut = Instant.now();
        within(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(SCENE.condition(app.name(), "DestinationReachable"))
                        .satisfies(
                                condition -> assertThat(condition.getStatus()).isEqualTo("False"))
                        .satisfies(
                                condition -> assertThat(condition.getMessage()).contains("s3." + SCENE.namespace())));
        within(OUTAGE.plusSeconds(30)).until(() -> Instant.now().isAfter(cut.plus(OUTAGE)));

        assertThat(Journal.commits(SCENE.log(app.name())).size())
                .as("commits while the store was away")
                .isGreaterThan(before + 300);
        assertThat(SCENE.pod(app.name()).getStatus().getConditions())
                .filteredOn(condition -> condition.getType().equals("Ready"))
                .allSatisfy(condition -> assertThat(condition.getStatus()).isEqualTo("True"));
        List<String> committed = Journal.commits(SCENE.log(app.name()));
        selectPodsOf("s3");
        SCENE.awaitReady(app.name());
        SCENE.awaitReplicated(app.name());
        SCENE.losePodAndVolume(app.name(), 30);
        assertThat(SCENE.awaitWriting(app.name())).isGreaterThanOrEqualTo(committed.size());
    }

    private static void selectPodsOf(String app) {
        SCENE.cluster()
                .kubectl(
                        "-n",
                        SCENE.namespace(),
                        "patch",
                        "service",
                        "s3",
                        "-p",
                        "{\"spec\":{\"selector\":{\"app\":\"%s\"}}}".formatted(app))
                .requireSuccess();
    }
}
