package io.sqlitereplica.sidecar.storage;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How the objects of a bucket are kept, and who vouches for its server.
 *
 * @param caBundle the certificates, in PEM, of the only authorities that are trusted; empty: those of the Java runtime
 * @param encryption who encrypts the objects
 * @param storageClass such as STANDARD_IA; empty: the bucket's default
 */
public record BucketOptions(Optional<Path> caBundle, Encryption encryption, Optional<String> storageClass) {
    static final BucketOptions NONE = new BucketOptions(Optional.empty(), new Encryption.OfBucket(), Optional.empty());

    /** As parameters of a URL, each with a {@code &} before it. */
    String toParameters() {
        StringBuilder parameters = new StringBuilder();
        caBundle.ifPresent(file -> parameters.append("&caBundle=").append(UrlText.encodePath(file.toString())));
        switch (encryption) {
            case Encryption.OfBucket() -> {}
            case Encryption.Aes256() -> parameters.append("&encryption=AES256");
            case Encryption.Kms(Optional<String> keyId) -> {
                parameters.append("&encryption=KMS");
                keyId.ifPresent(id -> parameters.append("&kmsKeyId=").append(UrlText.encodePath(id)));
            }
            case Encryption.CustomerKey(Path file) ->
                parameters
                        .append("&encryption=CustomerKey&customerKeyFile=")
                        .append(UrlText.encodePath(file.toString()));
        }
        storageClass.ifPresent(name -> parameters.append("&storageClass=").append(name));
        return parameters.toString();
    }
}
