package io.sqlitereplica.sidecar.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * A certificate for 127.0.0.1, signed by an authority that was made for it alone.
 *
 * @param authority the authority's certificate, PEM
 * @param certificate the server's, PEM
 * @param key the server's private key, PEM
 */
public record TlsCertificate(Path authority, Path certificate, Path key) {
    private static final String PASSWORD = "changeit";

    /** Makes both in a folder. */
    public static TlsCertificate make(Path folder) throws IOException, GeneralSecurityException, InterruptedException {
        Path store = folder.resolve("keys.p12");
        List<String> keys = List.of("-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1", "-alias");
        keytool(store, keys, "authority", "-dname", "CN=Authority", "-ext", "bc=ca:true");
        keytool(store, keys, "server", "-dname", "CN=127.0.0.1");
        Path request = folder.resolve("request.pem");
        keytool(store, List.of("-certreq", "-alias"), "server", "-file", request.toString());
        Path certificate = folder.resolve("public.crt");
        List<String> signing = List.of("-gencert", "-rfc", "-ext", "san=ip:127.0.0.1", "-infile", request.toString());
        keytool(store, signing, "-alias", "authority", "-outfile", certificate.toString());
        Path authority = folder.resolve("ca.crt");
        keytool(store, List.of("-exportcert", "-rfc", "-alias"), "authority", "-file", authority.toString());
        KeyStore made = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(store)) {
            made.load(in, PASSWORD.toCharArray());
        }
        String key = Base64.getMimeEncoder(64, new byte[] {'\n'})
                .encodeToString(made.getKey("server", PASSWORD.toCharArray()).getEncoded());
        return new TlsCertificate(
                authority,
                certificate,
                Files.writeString(
                        folder.resolve("private.key"),
                        "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n".formatted(key)));
    }

    private static void keytool(Path store, List<String> first, String... rest)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(first);
        command.addAll(List.of(rest));
        command.addAll(List.of("-keystore", store.toString(), "-storetype", "PKCS12", "-storepass", PASSWORD));
        Process keytool = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (keytool.waitFor() != 0) {
            throw new IOException(output);
        }
    }
}
