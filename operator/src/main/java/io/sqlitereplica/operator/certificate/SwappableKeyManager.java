package io.sqlitereplica.operator.certificate;

import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedKeyManager;
import org.jspecify.annotations.Nullable;

/** Gives a TLS server its key; another key can take its place while the server runs. */
final class SwappableKeyManager extends X509ExtendedKeyManager {
    /** A handshake asks for the alias first and for what belongs to it later: the one before must still be known. */
    private record Keys(Entry current, @Nullable Entry previous) {}

    private record Entry(String alias, PrivateKey key, X509Certificate certificate) {}

    private volatile Keys keys;

    SwappableKeyManager(ServingCertificate certificate) throws GeneralSecurityException {
        keys = new Keys(entry(certificate), null);
    }

    void swap(ServingCertificate certificate) throws GeneralSecurityException {
        Entry next = entry(certificate);
        Keys before = keys;
        if (!before.current().alias().equals(next.alias())) {
            keys = new Keys(next, before.current());
        }
    }

    X509Certificate current() {
        return keys.current().certificate();
    }

    private static Entry entry(ServingCertificate certificate) throws GeneralSecurityException {
        X509Certificate x509 = certificate.toX509();
        return new Entry(x509.getSerialNumber().toString(16), certificate.toPrivateKey(), x509);
    }

    private @Nullable Entry find(String alias) {
        Keys now = keys;
        if (now.current().alias().equals(alias)) {
            return now.current();
        }
        return now.previous() != null && now.previous().alias().equals(alias) ? now.previous() : null;
    }

    @Override
    public @Nullable PrivateKey getPrivateKey(String alias) {
        Entry entry = find(alias);
        return entry == null ? null : entry.key();
    }

    @Override
    public X509Certificate @Nullable [] getCertificateChain(String alias) {
        Entry entry = find(alias);
        return entry == null ? null : new X509Certificate[] {entry.certificate()};
    }

    @Override
    public @Nullable String chooseEngineServerAlias(
            String keyType, Principal @Nullable [] issuers, @Nullable SSLEngine engine) {
        Entry current = keys.current();
        return current.key().getAlgorithm().equals(keyType) ? current.alias() : null;
    }

    @Override
    public @Nullable String chooseServerAlias(String keyType, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return chooseEngineServerAlias(keyType, issuers, null);
    }

    @Override
    public String @Nullable [] getServerAliases(String keyType, Principal @Nullable [] issuers) {
        String alias = chooseEngineServerAlias(keyType, issuers, null);
        return alias == null ? null : new String[] {alias};
    }

    @Override
    public String @Nullable [] getClientAliases(String keyType, Principal @Nullable [] issuers) {
        return null;
    }

    @Override
    public @Nullable String chooseClientAlias(
            String[] keyTypes, Principal @Nullable [] issuers, @Nullable Socket socket) {
        return null;
    }
}
