package io.sqlitereplica.operator.certificate;

import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the certificate of the webhooks: takes it from its Secret or makes it, has the API server trust it, and looks
 * again every minute, because another replica may have replaced it and a new installation of the chart takes the
 * trust away.
 */
public final class WebhookCertificate implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WebhookCertificate.class);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final Duration ASKS_AGAIN_AFTER = Duration.ofMillis(500);
    private static final Duration LOOKS_AGAIN_AFTER = Duration.ofMinutes(1);

    private final CertificateSecret secret;
    private final WebhookConfigurations configurations;
    private final SwappableKeyManager keyManager;
    private final ScheduledExecutorService executor;

    /**
     * Which objects belong to the webhooks.
     *
     * @param namespace the operator's namespace
     * @param secret the Secret that the chart makes empty
     * @param configurations the name of the MutatingWebhookConfiguration and of the ValidatingWebhookConfiguration
     * @param serverNames the DNS names or IP addresses that the API server uses, {@code <service>.<namespace>.svc}
     */
    public record Settings(String namespace, String secret, String configurations, List<String> serverNames) {
        /** Copies the list. */
        public Settings {
            serverNames = List.copyOf(serverNames);
        }

        /** The settings for a Service in the operator's namespace. */
        public static Settings ofService(String namespace, String secret, String configurations, String service) {
            return new Settings(namespace, secret, configurations, List.of(service + "." + namespace + ".svc"));
        }
    }

    private WebhookCertificate(
            CertificateSecret secret, WebhookConfigurations configurations, SwappableKeyManager keyManager) {
        this.secret = secret;
        this.configurations = configurations;
        this.keyManager = keyManager;
        executor = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("webhook-certificate").factory());
    }

    /**
     * Takes or makes the certificate, has the API server trust it, and keeps both so until closed. Waits up to a minute
     * for the objects of the chart.
     *
     * @throws IllegalStateException when one of the objects is still missing
     */
    public static WebhookCertificate start(KubernetesClient client, Settings settings, Clock clock) {
        return start(client, settings, clock, PATIENCE);
    }

    static WebhookCertificate start(KubernetesClient client, Settings settings, Clock clock, Duration patience) {
        CertificateSecret secret =
                new CertificateSecret(client, settings.namespace(), settings.secret(), settings.serverNames(), clock);
        WebhookConfigurations configurations = new WebhookConfigurations(client, settings.configurations());
        ServingCertificate certificate = waitFor(
                () -> {
                    ServingCertificate obtained = secret.obtain();
                    configurations.trust(obtained.authority());
                    return obtained;
                },
                patience);
        try {
            WebhookCertificate started =
                    new WebhookCertificate(secret, configurations, new SwappableKeyManager(certificate));
            var _ = started.executor.scheduleWithFixedDelay(
                    started::tryRefresh,
                    LOOKS_AGAIN_AFTER.toSeconds(),
                    LOOKS_AGAIN_AFTER.toSeconds(),
                    TimeUnit.SECONDS);
            return started;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("The webhooks' certificate cannot be used: " + e.getMessage(), e);
        }
    }

    private static ServingCertificate waitFor(Supplier<ServingCertificate> obtained, Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        while (true) {
            try {
                return obtained.get();
            } catch (MissingObjectException e) {
                if (System.nanoTime() > end) {
                    throw e;
                }
                LOG.info("event=certificate-waits cause=\"{}\"", e.getMessage());
                LockSupport.parkNanos(ASKS_AGAIN_AFTER.toNanos());
            }
        }
    }

    /** The TLS settings of a server with this certificate; a later certificate takes effect by itself. */
    public SSLContext sslContext() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keyManager}, null, null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("The JVM has no TLS: " + e.getMessage(), e);
        }
    }

    /** The certificate that is served now. */
    X509Certificate served() {
        return keyManager.current();
    }

    /** Looks at the Secret and the configurations now. The API server trusts a certificate before it is served. */
    void refresh() throws GeneralSecurityException {
        ServingCertificate certificate = secret.obtain();
        configurations.trust(certificate.authority());
        keyManager.swap(certificate);
    }

    private void tryRefresh() {
        try {
            refresh();
        } catch (GeneralSecurityException | RuntimeException e) {
            LOG.warn("event=certificate-refresh-failed cause=\"{}\"", e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
