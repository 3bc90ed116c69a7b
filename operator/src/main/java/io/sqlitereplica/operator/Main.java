package io.sqlitereplica.operator;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.ControllerConfigurationOverrider;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.certificate.WebhookCertificate;
import io.sqlitereplica.operator.inject.Injector;
import io.sqlitereplica.operator.poll.SidecarPoller;
import io.sqlitereplica.operator.reconcile.SqliteReplicaReconciler;
import io.sqlitereplica.operator.webhook.QuickClient;
import io.sqlitereplica.operator.webhook.Replicas;
import io.sqlitereplica.operator.webhook.Rollouts;
import io.sqlitereplica.operator.webhook.WebhookServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.concurrent.Executors;
import java.util.logging.LogManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts the operator and keeps it running until the process is told to stop. */
public final class Main implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Main.class);

    private final KubernetesClient client;
    private final KubernetesClient quickClient;
    private final WebhookCertificate certificate;
    private final WebhookServer webhooks;
    private final SidecarPoller poller = new SidecarPoller();
    private final Operator operator;

    /** Webhooks first: pods wait for them, the reconciler for nobody. */
    private Main(OperatorSettings settings) throws IOException {
        Clock clock = Clock.systemUTC();
        client = new KubernetesClientBuilder().build();
        quickClient = QuickClient.of(client.getConfiguration());
        certificate = WebhookCertificate.start(
                client,
                WebhookCertificate.Settings.ofService(
                        settings.namespace(),
                        settings.certificateSecret(),
                        settings.webhookConfiguration(),
                        settings.service()),
                clock);
        webhooks = WebhookServer.start(
                new InetSocketAddress(settings.webhookPort()),
                certificate.sslContext(),
                new Injector(settings.sidecarImage()),
                Replicas.of(quickClient, settings.watchNamespaces()),
                Rollouts.of(quickClient));
        operator = new Operator(configuration -> configuration
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withExecutorService(Executors.newThreadPerTaskExecutor(
                        Thread.ofVirtual().name("reconcile-", 0).factory())));
        operator.register(
                new SqliteReplicaReconciler(client, poller, settings.pollInterval(), clock),
                configuration -> watch(configuration, settings));
    }

    private static void watch(
            ControllerConfigurationOverrider<SqliteReplica> configuration, OperatorSettings settings) {
        if (settings.watchNamespaces().isEmpty()) {
            configuration.watchingAllNamespaces();
        } else {
            configuration.settingNamespaces(settings.watchNamespaces());
        }
    }

    @Override
    public void close() {
        operator.stop();
        webhooks.close();
        certificate.close();
        poller.close();
        quickClient.close();
        client.close();
    }

    /** Takes its settings from the environment; exit status 1 when it cannot start. */
    public static void main(String[] arguments) throws IOException {
        configureLogging();
        try {
            OperatorSettings settings = OperatorSettings.of(System.getenv());
            Main main = new Main(settings);
            Runtime.getRuntime()
                    .addShutdownHook(Thread.ofPlatform().name("stop").unstarted(main::close));
            main.operator.start();
            LOG.info(
                    "event=started namespace={} sidecarImage={} watchNamespaces={}",
                    settings.namespace(),
                    settings.sidecarImage(),
                    settings.watchNamespaces().isEmpty() ? "all" : String.join(",", settings.watchNamespaces()));
        } catch (IllegalArgumentException e) {
            LOG.error("event=not-started cause=\"{}\"", e.getMessage());
            System.exit(1);
        } catch (IOException | RuntimeException e) {
            LOG.error("event=not-started cause=\"{}\"", e.getMessage(), e);
            System.exit(1);
        }
    }

    private static void configureLogging() throws IOException {
        try (InputStream settings = Main.class.getResourceAsStream("logging.properties")) {
            LogManager.getLogManager().readConfiguration(settings);
        }
    }
}
