package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Multipart uploads that could not be thrown away when they failed, because the destination failed. Their parts cost money
 * and show in no listing. The last hundred of them are known until the process ends.
 */
final class S3AbandonedUploads {
    private static final int MOST = 100;
    private static final System.Logger LOG = System.getLogger(S3AbandonedUploads.class.getName());

    private final Aborter aborter;
    private final Queue<Upload> uploads = new ArrayDeque<>();

    private record Upload(String key, String id) {}

    /** Throws one away. */
    @FunctionalInterface
    interface Aborter {
        void abort(String key, String uploadId) throws IOException;
    }

    S3AbandonedUploads(Aborter aborter) {
        this.aborter = aborter;
    }

    synchronized void add(String key, String uploadId) {
        if (uploads.size() == MOST) {
            uploads.remove();
        }
        uploads.add(new Upload(key, uploadId));
    }

    private synchronized @Nullable Upload next() {
        return uploads.poll();
    }

    /** Tries to throw them away, until one fails again. */
    void retry() {
        for (Upload upload = next(); upload != null; upload = next()) {
            try {
                aborter.abort(upload.key, upload.id);
            } catch (IOException e) {
                add(upload.key, upload.id);
                LOG.log(Level.DEBUG, "an upload could not be thrown away yet", e);
                return;
            }
        }
    }
}
