package io.sqlitereplica.sidecar.storage;

import io.minio.Http;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The headers that say how an object is kept: its encryption and its storage class. */
final class S3ObjectHeaders {
    private static final String ENCRYPTION = "X-Amz-Server-Side-Encryption";
    private static final int KEY_BYTES = 32;
    private static final int MAX_FILE_BYTES = 1024;

    private final BucketOptions options;
    private Http.@Nullable Headers customerKey;

    S3ObjectHeaders(BucketOptions options) {
        this.options = options;
    }

    /** For a request that makes an object, or begins to. */
    Http.Headers create() throws StoreException {
        Http.Headers headers = new Http.Headers(access());
        switch (options.encryption()) {
            case Encryption.OfBucket(), Encryption.CustomerKey(Path _) -> {}
            case Encryption.Aes256() -> headers.put(ENCRYPTION, "AES256");
            case Encryption.Kms(Optional<String> keyId) -> {
                headers.put(ENCRYPTION, "aws:kms");
                keyId.ifPresent(id -> headers.put(ENCRYPTION + "-Aws-Kms-Key-Id", id));
            }
        }
        options.storageClass().ifPresent(name -> headers.put("X-Amz-Storage-Class", name));
        return headers;
    }

    /** For any other request about the contents of an object. The file with the key is read once. */
    synchronized Http.Headers access() throws StoreException {
        if (customerKey == null) {
            customerKey = options.encryption() instanceof Encryption.CustomerKey(Path file)
                    ? customerKey(file)
                    : new Http.Headers();
        }
        return customerKey;
    }

    private static Http.Headers customerKey(Path file) throws StoreException {
        byte[] key = read(file);
        return new Http.Headers(
                ENCRYPTION + "-Customer-Algorithm",
                "AES256",
                ENCRYPTION + "-Customer-Key",
                Base64.getEncoder().encodeToString(key),
                ENCRYPTION + "-Customer-Key-Md5",
                Base64.getEncoder().encodeToString(md5(key)));
    }

    private static byte[] read(Path file) throws StoreException {
        byte[] contents;
        try {
            contents = Files.size(file) > MAX_FILE_BYTES ? new byte[0] : Files.readAllBytes(file);
        } catch (IOException e) {
            throw new StoreException(
                    Kind.CREDENTIALS, "The customer's key in %s cannot be read: %s".formatted(file, e), e);
        }
        byte[] key = contents.length == KEY_BYTES ? contents : decoded(contents);
        if (key.length != KEY_BYTES) {
            throw new StoreException(
                    Kind.CREDENTIALS,
                    "The file %s is no key: it must hold 32 bytes, as they are or in base64 (openssl rand -base64 32)"
                            .formatted(file));
        }
        return key;
    }

    private static byte[] decoded(byte[] contents) {
        try {
            return Base64.getMimeDecoder().decode(contents);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    private static byte[] md5(byte[] key) {
        try {
            return MessageDigest.getInstance("MD5").digest(key);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has MD5", e);
        }
    }
}
