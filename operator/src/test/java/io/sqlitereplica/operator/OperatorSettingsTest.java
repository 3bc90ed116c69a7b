package io.sqlitereplica.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OperatorSettingsTest {
    private static final Map<String, String> CHART = Map.of(
            "POD_NAMESPACE", "sqlitereplica",
            "SQLITEREPLICA_SIDECAR_IMAGE", "sqlitereplica/sidecar:0.1.0",
            "SQLITEREPLICA_SERVICE", "sqlitereplica",
            "SQLITEREPLICA_CERTIFICATE_SECRET", "sqlitereplica-certificate",
            "SQLITEREPLICA_WEBHOOK_CONFIGURATION", "sqlitereplica");

    @Test
    void needsNoMoreThanTheChartGives() {
        OperatorSettings settings = OperatorSettings.of(CHART);

        assertThat(settings.namespace()).isEqualTo("sqlitereplica");
        assertThat(settings.sidecarImage()).isEqualTo("sqlitereplica/sidecar:0.1.0");
        assertThat(settings.watchNamespaces()).isEmpty();
        assertThat(settings.webhookPort()).isEqualTo(8443);
        assertThat(settings.pollInterval()).isEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void readsTheRest() {
        Map<String, String> environment = with("SQLITEREPLICA_WATCH_NAMESPACES", "shop, office,");
        environment.put("SQLITEREPLICA_WEBHOOK_PORT", "9443");
        environment.put("SQLITEREPLICA_POLL_INTERVAL", "5s");

        OperatorSettings settings = OperatorSettings.of(environment);

        assertThat(settings.watchNamespaces()).containsExactlyInAnyOrder("shop", "office");
        assertThat(settings.webhookPort()).isEqualTo(9443);
        assertThat(settings.pollInterval()).isEqualTo(Duration.ofSeconds(5));
    }

    @Test
    void namesTheVariableThatIsWrong() {
        assertThatThrownBy(() -> OperatorSettings.of(with("SQLITEREPLICA_SIDECAR_IMAGE", " ")))
                .hasMessage("The environment variable SQLITEREPLICA_SIDECAR_IMAGE is missing; the Helm chart sets it.");
        assertThatThrownBy(() -> OperatorSettings.of(with("SQLITEREPLICA_WEBHOOK_PORT", "https")))
                .hasMessageContaining("SQLITEREPLICA_WEBHOOK_PORT is \"https\", which is no port");
        assertThatThrownBy(() -> OperatorSettings.of(with("SQLITEREPLICA_POLL_INTERVAL", "10")))
                .hasMessageContaining("SQLITEREPLICA_POLL_INTERVAL: \"10\" is no duration");
        assertThatThrownBy(() -> OperatorSettings.of(with("SQLITEREPLICA_POLL_INTERVAL", "10ms")))
                .hasMessageContaining("write at least 1s");
    }

    private static Map<String, String> with(String name, String value) {
        Map<String, String> environment = new HashMap<>(CHART);
        environment.put(name, value);
        return environment;
    }
}
