package io.sqlitereplica.operator.certificate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ServingCertificateTest {
    private static final List<String> NAMES = List.of("operator.system.svc", "127.0.0.1");

    private final Instant now = Instant.now();
    private final ServingCertificate certificate = ServingCertificate.create(NAMES, now);

    @Test
    void isSignedByItsAuthorityForItsNames() throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        X509Certificate authority = (X509Certificate) factory.generateCertificate(
                new ByteArrayInputStream(certificate.authority().getBytes(StandardCharsets.US_ASCII)));
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(authority, null)));
        parameters.setRevocationEnabled(false);
        X509Certificate x509 = certificate.toX509();

        CertPathValidator.getInstance("PKIX").validate(factory.generateCertPath(List.of(x509)), parameters);

        assertThat(x509.getSubjectAlternativeNames())
                .extracting(name -> String.valueOf(name.get(1)))
                .isEqualTo(NAMES);
        assertThat(x509.getPublicKey().getAlgorithm()).isEqualTo("EC");
        assertThat(x509.getExtendedKeyUsage()).containsExactly("1.3.6.1.5.5.7.3.1");
        assertThat(x509.getBasicConstraints()).isNegative();
        assertThat(authority.getBasicConstraints()).isZero();
        assertThat(authority.getKeyUsage()[5]).as("may sign certificates").isTrue();
    }

    @Test
    void isGoodForItsNamesUntilItEnds() {
        assertThat(certificate.isGoodFor(NAMES, now.plus(Duration.ofDays(700)))).isTrue();
        assertThat(certificate.isGoodFor(NAMES, now.plus(Duration.ofDays(731)))).isFalse();
        assertThat(certificate.isGoodFor(List.of("other.system.svc"), now)).isFalse();
    }

    @Test
    void isNotGoodWhenItsPartsDoNotBelongTogether() {
        ServingCertificate other = ServingCertificate.create(NAMES, now);

        assertThat(new ServingCertificate(other.authority(), certificate.certificate(), certificate.key())
                        .isGoodFor(NAMES, now))
                .isFalse();
        assertThat(new ServingCertificate(certificate.authority(), certificate.certificate(), other.key())
                        .isGoodFor(NAMES, now))
                .isFalse();
        assertThat(new ServingCertificate("", "nonsense", "").isGoodFor(NAMES, now))
                .isFalse();
    }

    @Test
    void handsOutTheOldKeyToAHandshakeThatBeganWithIt() throws Exception {
        ServingCertificate next = ServingCertificate.create(NAMES, now);
        SwappableKeyManager keys = new SwappableKeyManager(certificate);
        String before = aliasOf(keys);

        keys.swap(next);

        String after = aliasOf(keys);
        assertThat(after).isNotEqualTo(before);
        assertThat(keys.getPrivateKey(before)).isEqualTo(certificate.toPrivateKey());
        assertThat(keys.getCertificateChain(before)).containsExactly(certificate.toX509());
        assertThat(keys.getPrivateKey(after)).isEqualTo(next.toPrivateKey());
        assertThat(keys.getCertificateChain(after)).containsExactly(next.toX509());
        assertThat(keys.chooseEngineServerAlias("RSA", null, null)).isNull();
    }

    private static String aliasOf(SwappableKeyManager keys) {
        return Optional.ofNullable(keys.chooseEngineServerAlias("EC", null, null))
                .orElseThrow();
    }

    @Test
    void refusesTextThatIsNoCertificate() {
        assertThatThrownBy(() -> new ServingCertificate("", "nonsense", "").toX509())
                .hasMessageContaining("no PEM object");
    }
}
