package io.sqlitereplica.sidecar.storage;

import io.minio.messages.Part;
import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream into a bucket. It gathers a part in pooled buffers, sends it, and uses the buffers again; what fits into one
 * part is sent by a single PUT.
 */
final class S3StreamUpload implements Upload {
    /** The smallest part that S3 allows. */
    private static final int PART_BYTES = 5 * 1024 * 1024;

    private static final int MAX_PARTS = 10_000;

    static final int BUFFERS = PART_BYTES / BufferPool.BUFFER_BYTES;

    private static final System.Logger LOG = System.getLogger(S3StreamUpload.class.getName());

    private final S3Requests requests;
    private final String key;
    private final Instant timestamp;
    private final StreamLimit.Permit permit;
    private final List<Part> parts = new ArrayList<>();
    private int filled;
    private @Nullable String uploadId;
    private boolean open = true;

    S3StreamUpload(S3Requests requests, String key, Instant timestamp, StreamLimit.Permit permit) {
        this.requests = requests;
        this.key = key;
        this.timestamp = timestamp;
        this.permit = permit;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        checkOpen();
        int length = bytes.remaining();
        while (bytes.hasRemaining()) {
            if (filled == PART_BYTES) {
                sendPart();
            }
            ByteBuffer buffer = permit.lease().get(filled / BufferPool.BUFFER_BYTES);
            int position = filled % BufferPool.BUFFER_BYTES;
            int count = Math.min(bytes.remaining(), BufferPool.BUFFER_BYTES - position);
            buffer.put(position, bytes, bytes.position(), count);
            bytes.position(bytes.position() + count);
            filled += count;
        }
        return length;
    }

    private void sendPart() throws IOException {
        if (parts.size() == MAX_PARTS) {
            throw new StoreException(
                    StoreException.Kind.OTHER,
                    "Cannot write %s to %s: it is larger than 48.8 GiB, the most that %d parts of %d bytes hold"
                            .formatted(key, requests.location(), MAX_PARTS, PART_BYTES));
        }
        if (uploadId == null) {
            uploadId = requests.begin(key, timestamp);
        }
        parts.add(requests.part(key, uploadId, parts.size() + 1, new BufferBody(permit.lease(), filled)));
        filled = 0;
    }

    @Override
    public CreateResult commit() throws IOException {
        checkOpen();
        if (uploadId == null) {
            return requests.put(key, timestamp, new BufferBody(permit.lease(), filled));
        }
        if (filled > 0) {
            sendPart();
        }
        CreateResult result = requests.complete(key, uploadId, parts);
        if (result == CreateResult.CREATED) {
            uploadId = null; // there is nothing to abort any more
        }
        return result;
    }

    private void checkOpen() throws IOException {
        if (!open) {
            throw new ClosedChannelException();
        }
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        if (!open) {
            return;
        }
        open = false;
        try (permit) {
            if (uploadId != null) {
                requests.abort(key, uploadId);
            }
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "multipart upload not thrown away yet: key={0} uploadId={1} error={2}",
                    key,
                    uploadId,
                    e);
        }
    }
}
