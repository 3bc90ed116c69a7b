package io.sqlitereplica.e2e;

import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The cluster of all test classes, with the chart installed. One that is up already is used and left as it is; else it
 * is brought up, and taken down after the last class.
 */
final class Cluster implements AutoCloseable {
    /** The Helm release, its namespace and its Deployment. */
    static final String OPERATOR = "sqlitereplica";

    private static final Path PROJECT = Path.of("..").toAbsolutePath().normalize();
    private static final Path HOME = environment("SQLITEREPLICA_CLUSTER_HOME")
            .orElse(Path.of(System.getProperty("user.home"), ".cache", "sqlitereplica-cluster"));
    private static final Path PROGRAMS =
            environment("GOBIN").orElse(Path.of(System.getProperty("user.home"), "go", "bin"));
    private static final Duration BUILD_LIMIT = Duration.ofMinutes(45);
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final boolean broughtUp;
    private final KubernetesClient client;

    private Cluster() throws IOException {
        broughtUp = run(LIMIT, launcher(), "status").status() != 0;
        run(BUILD_LIMIT, launcher(), "up").requireSuccess();
        client = new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig())))
                .build();
    }

    /** The cluster, made when the first test class asks for it. */
    static Cluster of(ExtensionContext context) {
        return context.getRoot()
                .getStore(ExtensionContext.Namespace.create(Cluster.class))
                .computeIfAbsent(Cluster.class, _ -> start(), Cluster.class);
    }

    private static Cluster start() {
        try {
            Cluster cluster = new Cluster();
            try {
                cluster.install();
                return cluster;
            } catch (RuntimeException e) {
                cluster.close();
                throw e;
            }
        } catch (IOException e) {
            throw new IllegalStateException("The cluster cannot be used: " + e.getMessage(), e);
        }
    }

    /** With the administrator's rights. */
    KubernetesClient client() {
        return client;
    }

    /** A file of the project. */
    static Path file(String path) {
        return PROJECT.resolve(path);
    }

    /** Runs kubectl. */
    Command.Result kubectl(String... words) {
        return Command.run(PROJECT, LIMIT, kubectlWords(words));
    }

    /** The words of a command line that runs kubectl. */
    List<String> kubectlWords(String... words) {
        List<String> all = new ArrayList<>(List.of(
                HOME.resolve("bin/kubectl").toString(),
                "--kubeconfig",
                kubeconfig().toString()));
        all.addAll(List.of(words));
        return all;
    }

    /** Runs a command of the launcher of the cluster. */
    Command.Result launch(String... words) {
        return run(LIMIT, launcher(), words);
    }

    private void install() {
        for (String image : List.of("operator", "sidecar")) {
            launch("load", file("deploy/target/" + image + "-image.tar").toString())
                    .requireSuccess();
        }
        boolean wasThere = client.namespaces().withName(OPERATOR).get() != null;
        run(BUILD_LIMIT, file("deploy/helm/install")).requireSuccess();
        run(
                        LIMIT,
                        PROGRAMS.resolve("helm"),
                        "--kubeconfig",
                        kubeconfig().toString(),
                        "upgrade",
                        "--install",
                        OPERATOR,
                        "deploy/helm/sqlitereplica",
                        "--namespace",
                        OPERATOR,
                        "--create-namespace",
                        "--wait")
                .requireSuccess();
        if (wasThere) { // with an older image of the same name, perhaps
            kubectl("-n", OPERATOR, "rollout", "restart", "deployment/" + OPERATOR)
                    .requireSuccess();
            kubectl("-n", OPERATOR, "rollout", "status", "deployment/" + OPERATOR)
                    .requireSuccess();
        }
    }

    private static Command.Result run(Duration limit, Path program, String... words) {
        List<String> all = new ArrayList<>(List.of(program.toString()));
        all.addAll(List.of(words));
        return Command.run(PROJECT, limit, all);
    }

    private static Path launcher() {
        return file("e2e/cluster/cluster");
    }

    private static Path kubeconfig() {
        return HOME.resolve("kubeconfig");
    }

    private static Optional<Path> environment(String name) {
        return Optional.ofNullable(System.getenv(name)).map(Path::of);
    }

    @Override
    public void close() {
        client.close();
        if (broughtUp) {
            launch("down").requireSuccess();
        }
    }
}
