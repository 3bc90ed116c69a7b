package io.sqlitereplica.sidecar.storage;

import java.nio.file.Path;
import java.util.Optional;

/** Who encrypts the objects of a bucket, and with which key. */
public sealed interface Encryption {
    /** As the bucket itself is set up. */
    record OfBucket() implements Encryption {}

    /** The server, with a key of its own (SSE-S3). */
    record Aes256() implements Encryption {}

    /**
     * The server, with a key of a key management service (SSE-KMS).
     *
     * @param keyId its id or ARN; empty: the service's default key
     */
    record Kms(Optional<String> keyId) implements Encryption {}

    /**
     * The server, with a key that is sent with each request and kept nowhere (SSE-C). Without it the replica is lost.
     *
     * @param keyFile holds the 256 bits, as they are or in base64
     */
    record CustomerKey(Path keyFile) implements Encryption {}
}
