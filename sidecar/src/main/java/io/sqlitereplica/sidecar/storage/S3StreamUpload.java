package io.sqlitereplica.sidecar.storage;

import io.minio.messages.Part;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A stream into a bucket. While a part is sent, on a thread of its own, the next is gathered, as far as there is room. What
 * fits into one part is sent by a single PUT.
 */
final class S3StreamUpload implements Upload {
    private static final System.Logger LOG = System.getLogger(S3StreamUpload.class.getName());

    private final S3Requests requests;
    private final String key;
    private final Instant timestamp;
    private final PartGatherer gatherer;
    private final List<Part> parts = new ArrayList<>();
    private @Nullable String uploadId;
    private @Nullable CompletableFuture<Part> sending;
    private boolean open = true;

    S3StreamUpload(S3Requests requests, String key, Instant timestamp, PartGatherer gatherer) {
        this.requests = requests;
        this.key = key;
        this.timestamp = timestamp;
        this.gatherer = gatherer;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
        checkOpen();
        int length = bytes.remaining();
        while (bytes.hasRemaining()) {
            int before = bytes.remaining();
            gatherer.put(bytes);
            if (bytes.remaining() == before) {
                makeRoom();
            }
        }
        return length;
    }

    private void makeRoom() throws IOException {
        if (gatherer.filled() == gatherer.capacity()) {
            send();
        } else {
            awaitSent();
        }
    }

    private void send() throws IOException {
        awaitSent();
        if (parts.size() == PartGatherer.MAX_PARTS) {
            throw new StoreException(
                    StoreException.Kind.OTHER,
                    "Cannot write %s to %s: it is longer than it was to become, %d parts of %d bytes"
                            .formatted(key, requests.location(), PartGatherer.MAX_PARTS, gatherer.capacity()));
        }
        String upload = uploadId == null ? requests.begin(key, timestamp) : uploadId;
        uploadId = upload;
        int number = parts.size() + 1;
        PartBody body = gatherer.take();
        sending = CompletableFuture.supplyAsync(() -> part(upload, number, body), Thread::startVirtualThread);
    }

    private Part part(String upload, int number, PartBody body) {
        try {
            return requests.part(key, upload, number, body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Waits for the part that is being sent, also when interrupted: it must not change before it was sent. One that did not
     * arrive stays, so that nothing can follow it.
     */
    private void awaitSent() throws IOException {
        CompletableFuture<Part> sent = sending;
        if (sent == null) {
            return;
        }
        try {
            parts.add(sent.join());
        } catch (CompletionException e) {
            if (e.getCause() instanceof UncheckedIOException failed) {
                throw failed.getCause();
            }
            throw e;
        }
        sending = null;
        gatherer.release();
    }

    @Override
    public CreateResult commit() throws IOException {
        checkOpen();
        if (uploadId == null) {
            return requests.put(key, timestamp, gatherer.take());
        }
        if (gatherer.filled() > 0) {
            send();
        }
        awaitSent();
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
        try (gatherer) {
            if (sending != null) {
                sending.handle((_, _) -> true).join(); // whether it arrives does not matter, but it reads the buffers
            }
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
