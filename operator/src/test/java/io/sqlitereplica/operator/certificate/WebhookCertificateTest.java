package io.sqlitereplica.operator.certificate;

import static java.util.Objects.requireNonNullElse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.sqlitereplica.operator.certificate.WebhookCertificate.Settings;
import io.sqlitereplica.operator.testing.ApiServer;
import io.sqlitereplica.operator.testing.Webhooks;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class WebhookCertificateTest {
    @RegisterExtension
    static final ApiServer API = new ApiServer();

    private static final Clock NOW = Clock.systemUTC();
    private static final String SECRET = "webhook-certificate";
    private static final String SERVICE = "operator";

    @BeforeEach
    void installWhatTheChartDoes() {
        API.client().resource(emptySecret()).create();
        Webhooks.install(API.client());
    }

    @AfterEach
    void uninstall() {
        API.client().resource(emptySecret()).delete();
        Webhooks.uninstall(API.client());
    }

    @Test
    void fillsTheSecretAndHasTheApiServerTrustIt() {
        try (var _ = start(NOW)) {
            assertThat(stored().isGoodFor(List.of(SERVICE + "." + API.namespace() + ".svc"), NOW.instant()))
                    .isTrue();
            assertThat(Webhooks.trustedBy(API.client())).isEqualTo(List.of(stored().authority(), stored().authority()));
        }
    }

    @Test
    void keepsACertificateThatIsStillGood() {
        start(NOW).close();
        ServingCertificate first = stored();

        start(Clock.offset(NOW, Duration.ofDays(699))).close();

        assertThat(stored()).isEqualTo(first);
    }

    @Test
    void replacesACertificateThatEndsWithinThirtyDaysAndStillTrustsTheOldOne() {
        start(NOW).close();
        ServingCertificate first = stored();

        start(Clock.offset(NOW, Duration.ofDays(701))).close();

        assertThat(stored().certificate()).isNotEqualTo(first.certificate());
        assertThat(stored().authority()).doesNotStartWith(first.authority()).endsWith(first.authority());
        assertThat(Webhooks.trustedBy(API.client())).containsOnly(stored().authority());
    }

    @Test
    void replacesWhatCannotBeRead() {
        API.client()
                .resource(new SecretBuilder(emptySecret())
                        .addToStringData("ca.crt", "nonsense")
                        .addToStringData("tls.crt", "nonsense")
                        .addToStringData("tls.key", "")
                        .build())
                .update();

        start(NOW).close();

        assertThat(stored().certificate()).startsWith("-----BEGIN CERTIFICATE-----");
    }

    @Test
    void restoresTheTrustThatANewInstallationTookAway() throws Exception {
        try (WebhookCertificate certificate = start(NOW)) {
            Webhooks.uninstall(API.client());
            Webhooks.install(API.client());

            certificate.refresh();

            assertThat(Webhooks.trustedBy(API.client())).containsOnly(stored().authority());
        }
    }

    @Test
    void agreesOnOneCertificateWhenSeveralReplicasStartAtOnce() throws Exception {
        try (ExecutorService replicas = Executors.newFixedThreadPool(5)) {
            List<Future<String>> served = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                served.add(replicas.submit(() -> {
                    try (WebhookCertificate certificate = start(NOW)) {
                        return certificate.served().getSerialNumber().toString(16);
                    }
                }));
            }

            Set<String> serials = new HashSet<>();
            for (Future<String> serial : served) {
                serials.add(serial.get());
            }

            assertThat(serials)
                    .containsExactly(stored().toX509().getSerialNumber().toString(16));
        }
    }

    @Test
    void needsNoOtherRightsThanTheseFour() {
        Webhooks.grantTheOperator(API.client(), API.namespace(), SECRET);
        try (KubernetesClient operator = API.clientOfServiceAccount(API.namespace(), "operator");
                var _ = WebhookCertificate.start(operator, settings(), NOW)) {
            assertThat(Webhooks.trustedBy(API.client())).containsOnly(stored().authority());
        }
    }

    @Test
    void saysWhichObjectIsMissing() {
        API.client().resource(emptySecret()).delete();

        assertThatThrownBy(WebhookCertificateTest::startAtOnce)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(API.namespace() + "/" + SECRET);

        API.client().resource(emptySecret()).create();
        Webhooks.uninstall(API.client());

        assertThatThrownBy(WebhookCertificateTest::startAtOnce)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("MutatingWebhookConfiguration sqlitereplica is missing");
    }

    @Test
    void waitsForTheObjectsThatTheChartMakesLast() throws Exception {
        Webhooks.uninstall(API.client());
        try (ExecutorService operator = Executors.newSingleThreadExecutor()) {
            Future<WebhookCertificate> started = operator.submit(() -> start(NOW));
            await("the operator has its certificate and waits")
                    .untilAsserted(() -> assertThat(stored().certificate()).isNotEmpty());
            assertThat(started).isNotDone();

            Webhooks.install(API.client());

            try (var _ = started.get()) {
                assertThat(Webhooks.trustedBy(API.client())).containsOnly(stored().authority());
            }
        }
    }

    private static void startAtOnce() {
        WebhookCertificate.start(API.client(), settings(), NOW, Duration.ZERO).close();
    }

    private static WebhookCertificate start(Clock clock) {
        return WebhookCertificate.start(API.client(), settings(), clock);
    }

    private static Settings settings() {
        return Settings.ofService(API.namespace(), SECRET, Webhooks.NAME, SERVICE);
    }

    private static Secret emptySecret() {
        return new SecretBuilder()
                .withNewMetadata()
                .withName(SECRET)
                .withNamespace(API.namespace())
                .endMetadata()
                .build();
    }

    private static ServingCertificate stored() {
        Map<String, String> data = requireNonNullElse(
                API.client()
                        .secrets()
                        .inNamespace(API.namespace())
                        .withName(SECRET)
                        .require()
                        .getData(),
                Map.of());
        return new ServingCertificate(decode(data, "ca.crt"), decode(data, "tls.crt"), decode(data, "tls.key"));
    }

    private static String decode(Map<String, String> data, String key) {
        return new String(Base64.getDecoder().decode(data.getOrDefault(key, "")), StandardCharsets.UTF_8);
    }
}
