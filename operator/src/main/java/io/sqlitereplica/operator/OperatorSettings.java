package io.sqlitereplica.operator;

import io.sqlitereplica.operator.restart.Durations;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the operator is told by its environment.
 *
 * @param namespace its own namespace: {@code POD_NAMESPACE}
 * @param sidecarImage the image of sidecars where a SqliteReplica names none: {@code SQLITEREPLICA_SIDECAR_IMAGE}
 * @param service the Service of the webhooks: {@code SQLITEREPLICA_SERVICE}
 * @param certificateSecret the Secret of the webhooks' certificate: {@code SQLITEREPLICA_CERTIFICATE_SECRET}
 * @param webhookConfiguration the name of both webhook configurations: {@code SQLITEREPLICA_WEBHOOK_CONFIGURATION}
 * @param watchNamespaces the namespaces it looks after, all when empty: {@code SQLITEREPLICA_WATCH_NAMESPACES},
 *     separated by commas
 * @param webhookPort where the webhooks are served: {@code SQLITEREPLICA_WEBHOOK_PORT}, else 8443
 * @param pollInterval how often each sidecar is asked: {@code SQLITEREPLICA_POLL_INTERVAL}, else 10s
 */
record OperatorSettings(
        String namespace,
        String sidecarImage,
        String service,
        String certificateSecret,
        String webhookConfiguration,
        Set<String> watchNamespaces,
        int webhookPort,
        Duration pollInterval) {
    private static final String DEFAULT_WEBHOOK_PORT = "8443";
    private static final String DEFAULT_POLL_INTERVAL = "10s";
    private static final int MAX_PORT = 65535;

    OperatorSettings {
        watchNamespaces = Set.copyOf(watchNamespaces);
    }

    /**
     * Reads them.
     *
     * @throws IllegalArgumentException that names the variable and what is wrong with it
     */
    static OperatorSettings of(Map<String, String> environment) {
        return new OperatorSettings(
                required(environment, "POD_NAMESPACE"),
                required(environment, "SQLITEREPLICA_SIDECAR_IMAGE"),
                required(environment, "SQLITEREPLICA_SERVICE"),
                required(environment, "SQLITEREPLICA_CERTIFICATE_SECRET"),
                required(environment, "SQLITEREPLICA_WEBHOOK_CONFIGURATION"),
                Stream.of(environment
                                .getOrDefault("SQLITEREPLICA_WATCH_NAMESPACES", "")
                                .split(",", -1))
                        .map(String::strip)
                        .filter(name -> !name.isEmpty())
                        .collect(Collectors.toCollection(TreeSet::new)),
                port(environment, "SQLITEREPLICA_WEBHOOK_PORT"),
                pollInterval(environment, "SQLITEREPLICA_POLL_INTERVAL"));
    }

    private static String required(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, "");
        if (value.isBlank()) {
            throw new IllegalArgumentException(
                    "The environment variable %s is missing; the Helm chart sets it.".formatted(name));
        }
        return value.strip();
    }

    private static int port(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, DEFAULT_WEBHOOK_PORT);
        if (value.matches("[0-9]{1,5}")) {
            int port = Integer.parseInt(value);
            if (port > 0 && port <= MAX_PORT) {
                return port;
            }
        }
        throw new IllegalArgumentException(
                "The environment variable %s is \"%s\", which is no port: write 1 to 65535.".formatted(name, value));
    }

    private static Duration pollInterval(Map<String, String> environment, String name) {
        String value = environment.getOrDefault(name, DEFAULT_POLL_INTERVAL);
        Duration interval;
        try {
            interval = Durations.parse(value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("The environment variable %s: %s.".formatted(name, e.getMessage()), e);
        }
        if (interval.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException(
                    "The environment variable %s is \"%s\": write at least 1s.".formatted(name, value));
        }
        return interval;
    }
}
