package io.sqlitereplica.sidecar.storage;

import io.minio.messages.Part;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Copies a local file into a bucket: a small one by a single PUT, a larger one in parts that are sent from the file. */
final class S3FileUpload {
    private static final long MIB = 1024 * 1024;
    private static final long LEAST_PART_BYTES = 16 * MIB;
    private static final int MAX_PARTS = 10_000;

    private static final System.Logger LOG = System.getLogger(S3FileUpload.class.getName());

    private final S3Requests requests;
    private final String key;
    private final Instant timestamp;
    private final Path file;

    S3FileUpload(S3Requests requests, String key, Instant timestamp, Path file) {
        this.requests = requests;
        this.key = key;
        this.timestamp = timestamp;
        this.file = file;
    }

    CreateResult run() throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            return size <= LEAST_PART_BYTES
                    ? requests.put(key, timestamp, new FileBody(channel, 0, size))
                    : inParts(channel, size);
        }
    }

    private CreateResult inParts(FileChannel channel, long size) throws IOException {
        String uploadId = requests.begin(key, timestamp);
        CreateResult result = CreateResult.EXISTS;
        try {
            List<Part> parts = new ArrayList<>();
            long partBytes = partBytes(size);
            for (long start = 0; start < size; start += partBytes) {
                FileBody body = new FileBody(channel, start, Math.min(partBytes, size - start));
                parts.add(requests.part(key, uploadId, parts.size() + 1, body));
            }
            result = requests.complete(key, uploadId, parts);
            return result;
        } finally {
            if (result != CreateResult.CREATED) {
                abort(uploadId);
            }
        }
    }

    /** Whole MiB, so many that the parts suffice. */
    static long partBytes(long size) {
        return Math.max(LEAST_PART_BYTES, Math.ceilDiv(Math.ceilDiv(size, MAX_PARTS), MIB) * MIB);
    }

    private void abort(String uploadId) {
        try {
            requests.abort(key, uploadId);
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
