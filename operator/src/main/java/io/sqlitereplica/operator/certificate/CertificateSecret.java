package io.sqlitereplica.operator.certificate;

import static java.util.Objects.requireNonNullElse;

import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The Secret in which all replicas of the operator find the same certificate; the first one fills it. */
final class CertificateSecret {
    private static final Logger LOG = LoggerFactory.getLogger(CertificateSecret.class);
    private static final Duration REPLACED_BEFORE_END = Duration.ofDays(30);
    private static final int ATTEMPTS = 10;
    private static final String AUTHORITY = "ca.crt";
    private static final String CERTIFICATE = "tls.crt";
    private static final String KEY = "tls.key";

    private final KubernetesClient client;
    private final String namespace;
    private final String name;
    private final List<String> serverNames;
    private final Clock clock;

    CertificateSecret(KubernetesClient client, String namespace, String name, List<String> serverNames, Clock clock) {
        this.client = client;
        this.namespace = namespace;
        this.name = name;
        this.serverNames = List.copyOf(serverNames);
        this.clock = clock;
    }

    /** The certificate that is stored. One that is missing, wrong, or ends within 30 days is replaced. */
    ServingCertificate obtain() {
        for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
            Secret secret =
                    client.secrets().inNamespace(namespace).withName(name).get();
            if (secret == null) {
                throw new MissingObjectException(
                        "The Secret %s/%s for the webhooks' certificate is missing. Install the chart again; it makes it."
                                .formatted(namespace, name));
            }
            Instant now = clock.instant();
            Optional<ServingCertificate> stored = read(secret);
            if (stored.isPresent() && stored.get().isGoodFor(serverNames, now.plus(REPLACED_BEFORE_END))) {
                return stored.get();
            }
            ServingCertificate fresh = replacementFor(stored, now);
            try {
                client.resource(write(secret, fresh)).update();
                LOG.info("event=certificate-made secret={}/{} names={}", namespace, name, serverNames);
                return fresh;
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                LOG.debug("event=certificate-conflict secret={}/{} attempt={}", namespace, name, attempt);
            }
        }
        throw new IllegalStateException(
                "The Secret %s/%s is changed by others all the time.".formatted(namespace, name));
    }

    /** Other replicas may serve the old certificate for a while, so its authority stays trusted. */
    private ServingCertificate replacementFor(Optional<ServingCertificate> old, Instant now) {
        ServingCertificate fresh = ServingCertificate.create(serverNames, now);
        try {
            return old.isPresent() ? fresh.alsoTrusting(old.get().newestAuthority()) : fresh;
        } catch (GeneralSecurityException e) {
            LOG.warn("event=certificate-unreadable secret={}/{} cause=\"{}\"", namespace, name, e.getMessage());
            return fresh;
        }
    }

    private static Optional<ServingCertificate> read(Secret secret) {
        Map<String, String> data = requireNonNullElse(secret.getData(), Map.of());
        if (!data.keySet().containsAll(List.of(AUTHORITY, CERTIFICATE, KEY))) {
            return Optional.empty();
        }
        return Optional.of(new ServingCertificate(
                decode(data.getOrDefault(AUTHORITY, "")),
                decode(data.getOrDefault(CERTIFICATE, "")),
                decode(data.getOrDefault(KEY, ""))));
    }

    private static Secret write(Secret secret, ServingCertificate certificate) {
        return new SecretBuilder(secret)
                .addToData(AUTHORITY, encode(certificate.authority()))
                .addToData(CERTIFICATE, encode(certificate.certificate()))
                .addToData(KEY, encode(certificate.key()))
                .build();
    }

    private static String decode(String base64) {
        return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
    }

    private static String encode(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }
}
