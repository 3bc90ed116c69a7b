package io.sqlitereplica.e2e;

import static io.sqlitereplica.e2e.Scene.within;
import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.sqlitereplica.api.v1alpha1.RestartReason;
import io.sqlitereplica.api.v1alpha1.RestartRecord;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The sidecar's JVM is restarted on schedule. */
@Tag("e2e")
class ScheduledRestartTest {
    @RegisterExtension
    static final Scene SCENE = new Scene();

    @Test
    void startsANewJvmInTheSameContainerWhileTheAppWrites() throws IOException {
        App app = App.writing("scheduled").withSpec("restart: {schedule: '* * * * *', timeZone: UTC}");
        SCENE.apply(app.replica(SCENE.namespace()));
        SCENE.apply(app.manifest());
        SCENE.awaitReady(app.name());
        ContainerStatus before = Scene.sidecar(SCENE.pod(app.name()));
        String startedAt = SCENE.sidecarStatus(app.name()).path("startedAt").asText();

        within(Duration.ofMinutes(3))
                .untilAsserted(() -> assertThat(SCENE.sidecarStatus(app.name())
                                .path("startedAt")
                                .asText())
                        .isNotEmpty()
                        .isNotEqualTo(startedAt));

        within(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(SCENE.status(app.name()).restarts())
                        .first()
                        .extracting(RestartRecord::pod, RestartRecord::reason)
                        .containsExactly(app.name() + "-0", RestartReason.Scheduled));
        ContainerStatus after = Scene.sidecar(SCENE.pod(app.name()));
        assertThat(after.getContainerID()).isEqualTo(before.getContainerID());
        assertThat(after.getRestartCount()).isZero();
        assertThat(SCENE.status(app.name()).nextRestart()).isNotEmpty();
        assertThat(SCENE.sidecarLog(app.name()))
                .filteredOn(line -> line.contains(" started: "))
                .hasSizeGreaterThan(1)
                .allMatch(line -> line.endsWith(" aotCache=true"));
        SCENE.awaitReplicated(app.name());
    }
}
