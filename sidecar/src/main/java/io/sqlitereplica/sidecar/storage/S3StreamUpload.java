package io.sqlitereplica.sidecar.storage;

import io.minio.messages.Part;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream into a bucket. It gathers a part, sends it, and gathers the next in the same place; what fits into one part is
 * sent by a single PUT.
 */
final class S3StreamUpload implements Upload {
    private static final System.Logger LOG = System.getLogger(S3StreamUpload.class.getName());

    private final S3Requests requests;
    private final String key;
    private final Instant timestamp;
    private final PartGatherer part;
    private final List<Part> parts = new ArrayList<>();
    private @Nullable String uploadId;
    private boolean open = true;

    S3StreamUpload(S3Requests requests, String key, Instant timestamp, PartGatherer part) {
        this.requests = requests;
        this.key = key;
        this.timestamp = timestamp;
        this.part = part;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        checkOpen();
        int length = bytes.remaining();
        while (bytes.hasRemaining()) {
            if (part.filled() == part.capacity()) {
                sendPart();
            }
            part.put(bytes);
        }
        return length;
    }

    private void sendPart() throws IOException {
        if (parts.size() == PartGatherer.MAX_PARTS) {
            throw new StoreException(
                    StoreException.Kind.OTHER,
                    "Cannot write %s to %s: it is longer than it was to become, %d parts of %d bytes"
                            .formatted(key, requests.location(), PartGatherer.MAX_PARTS, part.capacity()));
        }
        if (uploadId == null) {
            uploadId = requests.begin(key, timestamp);
        }
        parts.add(requests.part(key, uploadId, parts.size() + 1, part.body()));
        part.clear();
    }

    @Override
    public CreateResult commit() throws IOException {
        checkOpen();
        if (uploadId == null) {
            return requests.put(key, timestamp, part.body());
        }
        if (part.filled() > 0) {
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
        try (part) {
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
