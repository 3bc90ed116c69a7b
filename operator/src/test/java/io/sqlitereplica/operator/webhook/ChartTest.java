package io.sqlitereplica.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.operator.testing.Yaml;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the tests here try on a real API server is what the chart installs. */
class ChartTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "name: inject.sqlitereplica.io",
                "path: /mutate-pods",
                "operations: [CREATE]",
                "failurePolicy: Fail",
                "sideEffects: NoneOnDryRun",
                "reinvocationPolicy: IfNeeded",
                "expression: >- has(object.metadata.annotations)"
                        + " && 'sqlitereplica.io/inject' in object.metadata.annotations"
                        + " && object.metadata.annotations['sqlitereplica.io/inject'] != 'false'",
                "name: validate.sqlitereplica.io",
                "path: /validate-sqlitereplicas",
                "operations: [CREATE, UPDATE]",
                "failurePolicy: Ignore",
                "sideEffects: None",
            })
    void hasTheSameWebhooksAsTheTests(String setting) throws IOException {
        Path chart = Path.of("..", "deploy", "helm", "sqlitereplica", "templates", "webhooks.yaml");

        assertThat(onOneLine(Yaml.text(getClass(), "/webhooks.yaml"))).contains(setting + " ");
        assertThat(onOneLine(Files.readString(chart))).contains(setting + " ");
    }

    private static String onOneLine(String yaml) {
        return yaml.replaceAll("\\s+", " ");
    }
}
