package io.sqlitereplica.sidecar.storage;

import org.jspecify.annotations.Nullable;

/** Keys of an S3 destination. */
public record S3Credentials(
        String accessKeyId,
        String secretAccessKey,
        @Nullable String sessionToken) {
    public S3Credentials {
        if (accessKeyId.isEmpty() || secretAccessKey.isEmpty()) {
            throw new IllegalArgumentException("an empty key");
        }
    }

    /** Without the secrets. */
    @Override
    public String toString() {
        return "S3Credentials[" + accessKeyId + "]";
    }
}
