package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Trusts the authorities in a file of certificates in PEM, and no others. A changed file counts from the next connection
 * on: authorities are exchanged while a program runs.
 */
final class CaBundle implements X509TrustManager {
    private record Loaded(FileTime modified, X509TrustManager authorities) {}

    private final Path file;
    private @Nullable Loaded loaded;

    CaBundle(Path file) {
        this.file = file;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        authorities().checkServerTrusted(chain, authType);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("nobody connects to us");
    }

    /** None: they are only asked for by servers. */
    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }

    private synchronized X509TrustManager authorities() throws CertificateException {
        try {
            FileTime modified = Files.getLastModifiedTime(file);
            if (loaded == null || !loaded.modified.equals(modified)) {
                loaded = new Loaded(modified, load());
            }
            return loaded.authorities;
        } catch (IOException | GeneralSecurityException e) {
            throw new CertificateException(
                    "the certificates of authorities in %s cannot be read (-----BEGIN CERTIFICATE----- …): %s"
                            .formatted(file, e.getMessage()),
                    e);
        }
    }

    private X509TrustManager load() throws IOException, GeneralSecurityException {
        Collection<? extends Certificate> certificates;
        try (InputStream in = Files.newInputStream(file)) {
            certificates = CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
        if (certificates.isEmpty()) {
            throw new CertificateException("there is none in it");
        }
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        for (Certificate certificate : certificates) {
            store.setCertificateEntry(Integer.toString(number++), certificate);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        return Arrays.stream(factory.getTrustManagers())
                .filter(X509TrustManager.class::isInstance)
                .map(X509TrustManager.class::cast)
                .findFirst()
                .orElseThrow(() -> new CertificateException("this Java runtime cannot check certificates"));
    }
}
