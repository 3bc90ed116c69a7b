package io.sqlitereplica.operator.webhook;

import static io.sqlitereplica.operator.webhook.InstalledWebhooks.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.testing.ApiServer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** SqliteReplicas on their way through a real API server. */
class ReplicaAdmissionTest {
    @RegisterExtension
    static final ApiServer API = new ApiServer();

    private InstalledWebhooks webhooks;

    @BeforeAll
    static void prepare() {
        InstalledWebhooks.prepare(API);
    }

    @BeforeEach
    void start() throws IOException {
        webhooks = InstalledWebhooks.start(API);
    }

    @AfterEach
    void stop() {
        webhooks.close();
    }

    @Test
    void refusesAReplicaWhoseCronLineIsWrong() {
        SqliteReplica wrong = webhooks.replica("spec:", "spec:\n  restart: {schedule: 30 25 * * *}");

        assertRefused(() -> API.client().resource(wrong).create())
                .hasMessageContaining("denied the request: spec.restart.schedule is \"30 25 * * *\"");
    }

    @Test
    void refusesASecondReplicaWithTheSameDestination() {
        API.client().resource(webhooks.replica("{pod}/", "")).create();
        SqliteReplica second = webhooks.replica("{pod}/", "");
        second.getMetadata().setName("second");

        assertRefused(() -> API.client().resource(second).create())
                .hasMessageContaining("the SqliteReplica " + API.namespace() + "/orders");
    }

    @Test
    void letsReplicasBeWrittenWhileTheOperatorIsDown() {
        webhooks.stopServing();

        assertThat(API.client().resource(webhooks.replica()).create()).isNotNull();
    }
}
