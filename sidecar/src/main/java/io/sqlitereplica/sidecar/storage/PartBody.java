package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * What a PUT request sends, in the type that MinIO's client takes without copying it to the heap. It is read more than
 * once: for its digests, and by each attempt to send it.
 */
abstract class PartBody extends io.minio.ByteBuffer {
    private static final int CHUNK_BYTES = 16 * 1024;

    private final long lengthBytes;

    PartBody(long lengthBytes) {
        super(lengthBytes);
        this.lengthBytes = lengthBytes;
    }

    /** A new stream, from the first byte; it needs not be closed, and nobody does. */
    @Override
    public abstract InputStream inputStream();

    @Override
    public final long length() {
        return lengthBytes;
    }

    @Override
    public final long size() {
        return lengthBytes;
    }

    @Override
    public final void reset() {
        // Each stream starts at the beginning.
    }

    @Override
    public final void close() {
        // What is below belongs to the one who made this.
    }

    /** The digests that tell the server what it should have received. */
    record Digests(String md5Base64, @Nullable String sha256Hex) {}

    /** Reads all of it once. The SHA-256 is only needed where TLS does not protect the contents. */
    final Digests digests(boolean withSha256) throws IOException {
        MessageDigest md5 = digest("MD5");
        MessageDigest sha256 = withSha256 ? digest("SHA-256") : null;
        byte[] chunk = new byte[(int) Math.min(CHUNK_BYTES, Math.max(1, lengthBytes))];
        InputStream in = inputStream();
        long left = lengthBytes;
        while (left > 0) {
            int read = in.read(chunk, 0, (int) Math.min(chunk.length, left));
            if (read < 0) {
                throw new IOException("%d bytes are missing at the end of what was to be uploaded".formatted(left));
            }
            md5.update(chunk, 0, read);
            if (sha256 != null) {
                sha256.update(chunk, 0, read);
            }
            left -= read;
        }
        return new Digests(
                Base64.getEncoder().encodeToString(md5.digest()),
                sha256 == null ? null : HexFormat.of().formatHex(sha256.digest()));
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has " + algorithm, e);
        }
    }
}
