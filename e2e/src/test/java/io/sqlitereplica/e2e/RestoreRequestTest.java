package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A running StatefulSet goes back to an older state of its database. */
@Tag("e2e")
class RestoreRequestTest {
    /** 0 as long as no row is missing between the first and the last. */
    private static final String MISSING = "SELECT max(n) - count(*) FROM entries";

    @RegisterExtension
    static final Scene SCENE = new Scene();

    @Test
    void restoresThePointBeforeAMistakeWhenThePodIsMadeAnewAndOnlyOnce() throws IOException {
        App app = App.writing("undo");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());
        SCENE.awaitReady(app.name());
        within(Duration.ofMinutes(1))
                .until(() -> Journal.commits(SCENE.log(app.name())).size() > 50);
        SCENE.awaitReplicated(app.name());
        String before = SCENE.sidecarStatus(app.name())
                .at("/databases/0/replicatedTxid")
                .asText();
        SCENE.query(app.name(), "DELETE FROM entries WHERE n % 2 = 0");
        SCENE.awaitReplicated(app.name());
        assertThat(SCENE.query(app.name(), MISSING)).doesNotContain("0");

        SCENE.cluster()
                .kubectl(
                        "-n",
                        SCENE.namespace(),
                        "patch",
                        "slr",
                        app.name(),
                        "--type=merge",
                        "-p",
                        "{\"spec\":{\"restore\":{\"request\":{\"id\":\"before-delete\",\"txid\":\"%s\"}}}}"
                                .formatted(before))
                .requireSuccess();
        within(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(message(app))
                        .contains("The restore request before-delete waits for a new pod: delete pod undo-0"));
        deletePod(app);

        assertThat(SCENE.awaitWriting(app.name())).isGreaterThanOrEqualTo(50);
        assertThat(SCENE.query(app.name(), MISSING)).containsExactly("0");
        SCENE.awaitReady(app.name());
        within(Duration.ofSeconds(30)).until(() -> message(app) == null);
        SCENE.awaitReplicated(app.name());
        int restored = Integer.parseInt(
                SCENE.query(app.name(), "SELECT count(*) FROM entries").getFirst());

        deletePod(app);
        assertThat(SCENE.awaitWriting(app.name())).as("not restored once more").isGreaterThanOrEqualTo(restored);
    }

    private static @Nullable String message(App app) {
        return SCENE.status(app.name()).pods().getFirst().message();
    }

    private static void deletePod(App app) {
        SCENE.cluster()
                .kubectl("-n", SCENE.namespace(), "delete", "pod", app.name() + "-0", "--timeout=2m")
                .requireSuccess();
    }
}
