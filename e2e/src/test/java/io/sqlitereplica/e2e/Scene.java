package io.sqlitereplica.e2e;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A namespace for one test class, with an S3 server in it, removed afterwards. When a test fails, what the namespace
 * looked like is printed.
 */
final class Scene implements BeforeAllCallback, AfterTestExecutionCallback, AfterAllCallback {
    private static final int CLOCK_TOLERANCE_MILLIS = 500;
    private static final String APP_CONTAINER = "app";
    private static final String FOUND = "found ";
    private static final String SIDECAR_CONTAINER = "sqlitereplica";

    private @Nullable Cluster cluster;
    private String namespace = "";

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        cluster = Cluster.of(context);
        namespace = context.getRequiredTestClass()
                .getSimpleName()
                .replaceAll("([a-z])([A-Z])", "$1-$2")
                .toLowerCase(Locale.ROOT);
        removeNamespace();
        client().resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(namespace)
                        .endMetadata()
                        .build())
                .create();
        apply(Files.readString(Cluster.file("deploy/samples/s3.yaml")));
        apply("""
            apiVersion: v1
            kind: Secret
            metadata: {name: backups}
            stringData: {access-key-id: test, secret-access-key: test-secret}
            """);
        within(Duration.ofMinutes(1))
                .until(() -> client().apps()
                        .deployments()
                        .inNamespace(namespace)
                        .withName("s3")
                        .isReady());
    }

    @Override
    public void afterTestExecution(ExtensionContext context) {
        if (context.getExecutionException().isPresent()) {
            System.err.println(cluster()
                    .kubectl("-n", namespace, "get", "pods,sqlitereplicas", "-o", "wide")
                    .output());
            System.err.println(cluster()
                    .kubectl("-n", namespace, "describe", "sqlitereplicas,pods,statefulsets")
                    .output());
            System.err.println(cluster()
                    .kubectl("-n", namespace, "logs", "--selector=app", "--all-containers", "--prefix", "--tail=60")
                    .output());
            System.err.println(cluster()
                    .kubectl("-n", Cluster.OPERATOR, "logs", "deployment/" + Cluster.OPERATOR, "--tail=60")
                    .output());
        }
    }

    @Override
    public void afterAll(ExtensionContext context) {
        removeNamespace();
    }

    private void removeNamespace() {
        cluster()
                .kubectl("delete", "namespace", namespace, "--ignore-not-found", "--timeout=2m")
                .requireSuccess();
    }

    Cluster cluster() {
        return requireNonNull(cluster, "the cluster has not been started");
    }

    KubernetesClient client() {
        return cluster().client();
    }

    String namespace() {
        return namespace;
    }

    /** Waits, at most for so long. */
    static ConditionFactory within(Duration limit) {
        return Awaitility.await()
                .atMost(limit)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(500))
                .ignoreExceptions();
    }

    /** Creates or changes objects, as kubectl apply would. */
    void apply(String yaml) throws IOException {
        tryToApply(yaml).requireSuccess();
    }

    /** The same, when it may be refused. */
    Command.Result tryToApply(String yaml) throws IOException {
        Path file = Files.createTempFile("e2e", ".yaml");
        try {
            Files.writeString(file, yaml);
            return cluster().kubectl("-n", namespace, "apply", "-f", file.toString());
        } finally {
            Files.delete(file);
        }
    }

    /**
     * Deletes the pod "NAME-0" of a StatefulSet and its volume, and waits until the pod is gone or replaced.
     *
     * @param graceSeconds how long its containers have to end; 0 forgets the pod at once
     */
    void losePodAndVolume(String app, int graceSeconds) {
        String uid = pod(app).getMetadata().getUid();
        cluster()
                .kubectl("-n", namespace, "delete", "pvc", "data-" + app + "-0", "--wait=false")
                .requireSuccess();
        List<String> force = graceSeconds == 0 ? List.of("--force") : List.of();
        cluster()
                .kubectl(Stream.concat(
                                Stream.of(
                                        "-n",
                                        namespace,
                                        "delete",
                                        "pod",
                                        app + "-0",
                                        "--wait=false",
                                        "--grace-period=" + graceSeconds),
                                force.stream())
                        .toArray(String[]::new))
                .requireSuccess();
        within(Duration.ofMinutes(2))
                .until(() -> findPod(app)
                        .map(pod -> !pod.getMetadata().getUid().equals(uid))
                        .orElse(true));
    }

    Optional<Pod> findPod(String app) {
        return Optional.ofNullable(
                client().pods().inNamespace(namespace).withName(app + "-0").get());
    }

    Pod pod(String app) {
        return findPod(app).orElseThrow(() -> new IllegalStateException("There is no pod " + app + "-0."));
    }

    /** The lines that the app has printed since its container started. */
    List<String> log(String app) {
        return log(app, APP_CONTAINER);
    }

    /** The lines that the sidecar has printed since its container started. */
    List<String> sidecarLog(String app) {
        return log(app, SIDECAR_CONTAINER);
    }

    private List<String> log(String app, String container) {
        return client().pods()
                .inNamespace(namespace)
                .withName(app + "-0")
                .inContainer(container)
                .getLog()
                .lines()
                .toList();
    }

    /** Asks the app's database. */
    List<String> query(String app, String sql) {
        return cluster()
                .kubectl(
                        "-n",
                        namespace,
                        "exec",
                        app + "-0",
                        "-c",
                        APP_CONTAINER,
                        "--",
                        "sqlite3",
                        "-cmd",
                        ".timeout 10000",
                        "/data/app.db",
                        sql)
                .requireSuccess()
                .lines()
                .toList();
    }

    /** What the sidecar itself says, asked through the API server. */
    JsonNode sidecarStatus(String app) throws IOException {
        return new ObjectMapper()
                .readTree(client().raw("/api/v1/namespaces/%s/pods/%s-0:9813/proxy/status".formatted(namespace, app)));
    }

    /** Waits until everything that an app committed before now is in the destination. */
    void awaitReplicated(String app) {
        Instant now = Instant.now();
        within(Duration.ofMinutes(1)).until(() -> {
            double lag = sidecarStatus(app).at("/databases/0/lagSeconds").asDouble();
            return now.isBefore(Instant.now().minusMillis(Math.round(lag * 1000) + CLOCK_TOLERANCE_MILLIS));
        });
    }

    SqliteReplicaStatus status(String replica) {
        SqliteReplica found = client().resources(SqliteReplica.class)
                .inNamespace(namespace)
                .withName(replica)
                .get();
        if (found == null || found.getStatus() == null) {
            throw new IllegalStateException("The SqliteReplica " + replica + " has no status.");
        }
        return found.getStatus();
    }

    Condition condition(String replica, String type) {
        return status(replica).conditions().stream()
                .filter(condition -> condition.getType().equals(type))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("There is no condition " + type + "."));
    }

    /** Waits until an app is writing, with what it found in its database when it started. */
    int awaitWriting(String app) {
        within(Duration.ofMinutes(2)).until(() -> !Journal.commits(log(app)).isEmpty());
        return log(app).stream()
                .filter(line -> line.startsWith(FOUND))
                .mapToInt(line -> Integer.parseInt(line.substring(FOUND.length())))
                .findFirst()
                .orElseThrow();
    }

    void awaitReady(String replica) {
        within(Duration.ofMinutes(2))
                .until(() -> condition(replica, "Ready").getStatus().equals("True"));
    }

    /** The sidecar's container in a pod's status. */
    static ContainerStatus sidecar(Pod pod) {
        PodStatus status = pod.getStatus();
        return Stream.concat(status.getInitContainerStatuses().stream(), status.getContainerStatuses().stream())
                .filter(container -> container.getName().equals(SIDECAR_CONTAINER))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("The pod has no sidecar."));
    }
}
