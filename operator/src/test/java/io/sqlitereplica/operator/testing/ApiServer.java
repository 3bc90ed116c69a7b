package io.sqlitereplica.operator.testing;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real Kubernetes API server with its etcd, without controllers and nodes: register it as a static extension. All test
 * classes of a test run share one; each gets a namespace of its own. Where the executables are missing, the
 * class is skipped with a line that says so, or fails when SQLITE_REPLICA_REQUIRE_ALL is true.
 */
public final class ApiServer implements BeforeAllCallback, AfterAllCallback {
    private static final String VERSION_VARIABLE = "KUBE_API_TEST_API_SERVER_VERSION";
    private static final String FOLDER_VARIABLE = "KUBE_API_TEST_DIR";
    private static final String REQUIRE_ALL_VARIABLE = "SQLITE_REPLICA_REQUIRE_ALL";
    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    private @Nullable Config config;
    private @Nullable KubernetesClient client;
    private @Nullable String namespace;

    /** A client of the administrator. Closed after the test class. */
    public KubernetesClient client() {
        return requireNonNull(client, "the API server has not been started");
    }

    /** The namespace made for this test class; it is also the client's default. */
    public String namespace() {
        return requireNonNull(namespace, "the API server has not been started");
    }

    /** The connection of the administrator, for a client of another making. */
    public Config config() {
        return requireNonNull(config, "the API server has not been started");
    }

    /** A client with the rights of a service account and no others; to be closed by the caller. */
    public KubernetesClient clientOfServiceAccount(String namespace, String name) {
        Config account = new ConfigBuilder(config())
                .withImpersonateUsername("system:serviceaccount:" + namespace + ":" + name)
                .withImpersonateGroups(
                        "system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated")
                .build();
        return new KubernetesClientBuilder().withConfig(account).build();
    }

    /** Applies a CustomResourceDefinition and waits until the server takes its objects. */
    public void applyCrd(Path yaml) {
        try (InputStream in = Files.newInputStream(yaml)) {
            for (HasMetadata item : client().load(in).items()) {
                client().resource(item).forceConflicts().serverSideApply();
                client().resources(CustomResourceDefinition.class)
                        .withName(item.getMetadata().getName())
                        .waitUntilCondition(ApiServer::isEstablished, 30, TimeUnit.SECONDS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        Optional<Binaries> binaries = Binaries.find();
        if (binaries.isEmpty()) {
            skip(context.getDisplayName());
            return;
        }
        Config admin = context.getRoot()
                .getStore(ExtensionContext.Namespace.create(ApiServer.class))
                .computeIfAbsent(Running.class, _ -> Running.start(binaries.get()), Running.class)
                .config();
        String name = "test-" + NAMESPACES.incrementAndGet();
        config = new ConfigBuilder(admin)
                .withNamespace(name)
                .withRequestRetryBackoffLimit(0) // a refusal of a webhook may have the code 500
                .build();
        KubernetesClient connected =
                new KubernetesClientBuilder().withConfig(config).build();
        connected
                .resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
        client = connected;
        namespace = name;
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (client != null) {
            client.close();
        }
    }

    private static boolean isEstablished(@Nullable CustomResourceDefinition crd) {
        return crd != null
                && crd.getStatus() != null
                && crd.getStatus().getConditions() != null
                && crd.getStatus().getConditions().stream()
                        .anyMatch(c -> c.getType().equals("Established")
                                && c.getStatus().equals("True"));
    }

    private static void skip(String testClass) {
        String message = testClass + " needs kube-apiserver and etcd in " + Binaries.root()
                + "/k8s/VERSION-OS-ARCHITECTURE: make them with 'e2e/cluster/cluster envtest'";
        if (Boolean.parseBoolean(System.getenv(REQUIRE_ALL_VARIABLE))) {
            throw new IllegalStateException(message);
        }
        System.err.println("SKIPPED: " + message);
        Assumptions.abort(message);
    }

    /** Where the executables are. */
    private record Binaries(String version) {
        static Path root() {
            String folder = System.getenv(FOLDER_VARIABLE);
            return folder != null ? Path.of(folder) : Path.of(System.getProperty("user.home"), ".kubeapitest");
        }

        /** The version that the environment names, else the one that is there. */
        static Optional<Binaries> find() {
            Path versions = root().resolve("k8s");
            if (!Files.isDirectory(versions)) {
                return Optional.empty();
            }
            String wanted = System.getenv(VERSION_VARIABLE);
            try (Stream<Path> folders = Files.list(versions)) {
                return folders.filter(folder -> Files.isExecutable(folder.resolve("kube-apiserver")))
                        .map(folder ->
                                new Binaries(folder.getFileName().toString().replaceFirst("-.*", "")))
                        .filter(found -> wanted == null || wanted.equals(found.version()))
                        .max(Comparator.comparing(Binaries::version));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** The server of this test run. JUnit closes it after the last test class. */
    private record Running(KubeAPIServer server, Config config) implements AutoCloseable {
        static Running start(Binaries binaries) {
            KubeAPIServer server = new KubeAPIServer(KubeAPIServerConfigBuilder.anAPIServerConfig()
                    .withTestDir(Binaries.root().toString())
                    .withApiServerVersion(binaries.version())
                    .withUpdateKubeConfig(false)
                    .build());
            server.start();
            return new Running(server, Config.fromKubeconfig(server.getKubeConfigYaml()));
        }

        @Override
        public void close() {
            server.stop();
        }
    }
}
