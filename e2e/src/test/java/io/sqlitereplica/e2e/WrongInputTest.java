package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Event;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Each mistake shows within half a minute where its maker looks, with the cause. */
@Tag("e2e")
class WrongInputTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** Besides pulling nothing and starting two containers. */
    private static final Duration START = Duration.ofSeconds(60);

    @RegisterExtension
    static final Scene SCENE = new Scene();

    @Test
    void refusesAPodThatNamesAMissingReplica() throws IOException {
        App app = App.writing("missing-replica");
        SCENE.apply(app.manifest());

        within(SOON)
                .untilAsserted(() -> assertThat(warningsAbout(app))
                        .anySatisfy(message ->
                                assertThat(message).contains("missing-replica").containsIgnoringCase("SqliteReplica")));
        assertThat(SCENE.findPod(app.name())).isEmpty();
    }

    @Test
    void startsAPodOnceItsReplicaIsThere() throws IOException {
        App app = App.writing("late-replica");
        SCENE.apply(app.manifest());
        within(SOON).until(() -> !warningsAbout(app).isEmpty());

        SCENE.apply(app.replica(SCENE.namespace()));

        SCENE.awaitReady(app.name());
    }

    @Test
    void refusesAPathThatNoVolumeOfTheAppCovers() throws IOException {
        App app = App.writing("wrong-path");
        SCENE.apply(app.replica(SCENE.namespace(), "/elsewhere/app.db", "backups", "backups"));
        SCENE.apply(app.manifest());

        within(SOON)
                .untilAsserted(() -> assertThat(warningsAbout(app))
                        .anySatisfy(message -> assertThat(message).contains("/elsewhere/app.db")));
    }

    @Test
    void refusesAWrongCron() throws IOException {
        App app = App.writing("wrong-cron").withSpec("restart: {schedule: '61 4 * * *'}");

        Command.Result result = SCENE.tryToApply(app.replica(SCENE.namespace()));

        assertThat(result.status()).isNotZero();
        assertThat(result.output()).contains("restart.schedule").contains("61 4 * * *");
    }

    @Test
    void tellsOfAMissingBucket() throws IOException {
        App app = App.writing("missing-bucket");
        SCENE.apply(app.replica(SCENE.namespace(), "/data/app.db", "nowhere", "backups"));
        SCENE.apply(app.manifest());

        awaitTrouble(app, "nowhere");
    }

    @Test
    void tellsOfWrongCredentials() throws IOException {
        SCENE.apply("""
            apiVersion: v1
            kind: Secret
            metadata: {name: wrong}
            stringData: {access-key-id: test, secret-access-key: of-somebody-else}
            """);
        App app = App.writing("wrong-credentials");
        SCENE.apply(app.replica(SCENE.namespace(), "/data/app.db", "backups", "wrong"));
        SCENE.apply(app.manifest());

        awaitTrouble(app, "credentials");
    }

    @Test
    void tellsOfAFileThatIsNoDatabase() throws IOException {
        App app = App.running("no-database", "head -c 100000 /dev/zero | tr '\\0' 'x' >/data/app.db; echo 'found 0'");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());

        awaitTrouble(app, "/data/app.db");
    }

    @Test
    void tellsOfADatabaseItMayNotRead() throws IOException {
        App app = App.running("no-permission", """
            sqlite3 /data/app.db 'CREATE TABLE entries (n INTEGER)'
            chmod 600 /data/app.db
            """)
                .withSpec("sidecar: {securityContext: {runAsUser: 10002, runAsGroup: 10002}}");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());

        awaitTrouble(app, "10002");
    }

    /** Ready is False, and its message or that of another condition names the cause. */
    private static void awaitTrouble(App app, String cause) {
        within(START).until(() -> SCENE.findPod(app.name()).isPresent());
        within(START)
                .until(() -> Scene.sidecar(SCENE.pod(app.name())).getState().getRunning() != null);
        within(SOON).untilAsserted(() -> {
            assertThat(SCENE.condition(app.name(), "Ready").getStatus()).isEqualTo("False");
            assertThat(SCENE.status(app.name()).conditions())
                    .anySatisfy(condition -> assertThat(condition.getMessage()).contains(cause));
        });
    }

    private static List<String> warningsAbout(App app) {
        return SCENE.client().v1().events().inNamespace(SCENE.namespace()).list().getItems().stream()
                .filter(event -> event.getType().equals("Warning"))
                .filter(event -> event.getInvolvedObject().getName().startsWith(app.name()))
                .map(Event::getMessage)
                .toList();
    }
}
