package io.sqlitereplica.operator.certificate;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A server certificate with its key, and the authority that signed it, all as PEM. The authority's own key signs this
 * one certificate and is then forgotten: whoever reads the Secret can make no other.
 *
 * @param authority the authority, and after it those that were trusted before
 * @param certificate the server's certificate
 * @param key the server's key, PKCS #8
 */
public record ServingCertificate(String authority, String certificate, String key) {
    private static final String SIGNATURE = "SHA256withECDSA";
    private static final Duration LIFETIME = Duration.ofDays(730);

    /** Clocks of other machines may be behind ours. */
    private static final Duration CLOCK_TOLERANCE = Duration.ofHours(1);

    private static final Pattern IP_ADDRESS = Pattern.compile("[0-9.]+|.*:.*");

    /** Makes a new authority and a certificate for some DNS names or IP addresses, valid for two years. */
    public static ServingCertificate create(List<String> names, Instant now) {
        try {
            SecureRandom random = new SecureRandom();
            X500Name authorityName = new X500Name("CN=SqliteReplica webhook authority " + now.getEpochSecond());
            KeyPair authorityKeys = newKeys(random);
            JcaX509v3CertificateBuilder authority =
                    newBuilder(authorityName, authorityName, authorityKeys, now, random);
            authority.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            authority.addExtension(
                    Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.digitalSignature));
            KeyPair keys = newKeys(random);
            JcaX509v3CertificateBuilder certificate =
                    newBuilder(authorityName, new X500Name("CN=" + names.getFirst()), keys, now, random);
            certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            certificate.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            certificate.addExtension(
                    Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
            certificate.addExtension(Extension.subjectAlternativeName, false, alternativeNames(names));
            return new ServingCertificate(
                    pem(sign(authority, authorityKeys.getPrivate())),
                    pem(sign(certificate, authorityKeys.getPrivate())),
                    pem(new JcaPKCS8Generator(keys.getPrivate(), null)));
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException("The JVM cannot make a certificate: " + e.getMessage(), e);
        }
    }

    /** The same certificate, with other authorities that are trusted as well. */
    ServingCertificate alsoTrusting(String others) {
        return new ServingCertificate(authority + others, certificate, key);
    }

    /** The first of the authorities alone. */
    String newestAuthority() throws GeneralSecurityException {
        try {
            return pem(parse(authority, X509CertificateHolder.class));
        } catch (IOException e) {
            throw new GeneralSecurityException("The authority cannot be written: " + e.getMessage(), e);
        }
    }

    /** The parsed certificate. */
    public X509Certificate toX509() throws GeneralSecurityException {
        return new JcaX509CertificateConverter().getCertificate(parse(certificate, X509CertificateHolder.class));
    }

    /** The parsed key. */
    PrivateKey toPrivateKey() throws GeneralSecurityException {
        try {
            return new JcaPEMKeyConverter().getPrivateKey(parse(key, PrivateKeyInfo.class));
        } catch (IOException e) {
            throw new GeneralSecurityException("The key cannot be read: " + e.getMessage(), e);
        }
    }

    /** Whether this can be served for these names until some time. */
    boolean isGoodFor(List<String> names, Instant until) {
        try {
            X509Certificate x509 = toX509();
            X509Certificate issuer =
                    new JcaX509CertificateConverter().getCertificate(parse(authority, X509CertificateHolder.class));
            x509.verify(issuer.getPublicKey());
            return isKeyOf(x509)
                    && x509.getNotAfter().toInstant().isAfter(until)
                    && issuer.getNotAfter().toInstant().isAfter(until)
                    && namesOf(x509).containsAll(names);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    private boolean isKeyOf(X509Certificate x509) throws GeneralSecurityException {
        byte[] something = {1};
        Signature signer = Signature.getInstance(SIGNATURE);
        signer.initSign(toPrivateKey());
        signer.update(something);
        Signature verifier = Signature.getInstance(SIGNATURE);
        verifier.initVerify(x509);
        verifier.update(something);
        return verifier.verify(signer.sign());
    }

    private static Set<Object> namesOf(X509Certificate certificate) throws CertificateParsingException {
        Collection<List<?>> names = certificate.getSubjectAlternativeNames();
        return names == null
                ? Set.of()
                : names.stream().map(name -> name.get(1)).collect(Collectors.toSet());
    }

    private static KeyPair newKeys(SecureRandom random) throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private static JcaX509v3CertificateBuilder newBuilder(
            X500Name issuer, X500Name subject, KeyPair keys, Instant now, SecureRandom random) {
        return new JcaX509v3CertificateBuilder(
                issuer,
                new BigInteger(127, random).add(BigInteger.ONE),
                Date.from(now.minus(CLOCK_TOLERANCE)),
                Date.from(now.plus(LIFETIME)),
                subject,
                keys.getPublic());
    }

    private static GeneralNames alternativeNames(List<String> names) {
        return new GeneralNames(names.stream()
                .map(name -> new GeneralName(
                        IP_ADDRESS.matcher(name).matches() ? GeneralName.iPAddress : GeneralName.dNSName, name))
                .toArray(GeneralName[]::new));
    }

    private static X509CertificateHolder sign(X509v3CertificateBuilder builder, PrivateKey key)
            throws OperatorCreationException {
        return builder.build(new JcaContentSignerBuilder(SIGNATURE).build(key));
    }

    private static String pem(Object object) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            writer.writeObject(object);
        }
        return text.toString();
    }

    private static <T> T parse(String pem, Class<T> type) throws GeneralSecurityException {
        try (PEMParser parser = new PEMParser(new StringReader(pem))) {
            Object object = parser.readObject();
            if (type.isInstance(object)) {
                return type.cast(object);
            }
            throw new GeneralSecurityException("There is no PEM object of the type " + type.getSimpleName() + ".");
        } catch (IOException e) {
            throw new GeneralSecurityException("The PEM text cannot be read: " + e.getMessage(), e);
        }
    }
}
