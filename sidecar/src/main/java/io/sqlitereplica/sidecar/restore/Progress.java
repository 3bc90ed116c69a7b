package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;

/**
 * How far a restore or a verification is.
 *
 * @param bytesDone read of the replica
 * @param bytesTotal to be read of the replica
 * @param filesDone applied
 * @param filesTotal to be applied
 * @param goal the transaction that is to be reached
 */
public record Progress(long bytesDone, long bytesTotal, long filesDone, long filesTotal, TxId goal) {

    /** Is told about the progress, often. */
    @FunctionalInterface
    public interface Listener {
        /** Nobody listens. */
        Listener NONE = _ -> {};

        /** Called by the thread that does the work: at the beginning, at least every MiB, after every file. */
        void progress(Progress now);
    }

    /** Counts. */
    static final class Meter {
        private static final long STEP_BYTES = 1024 * 1024;

        private final RestorePlan plan;
        private final Listener listener;
        private long bytes;
        private long files;
        private long toldBytes;

        Meter(RestorePlan plan, Listener listener) {
            this.plan = plan;
            this.listener = listener;
            tell();
        }

        void read(long more) {
            bytes += more;
            if (bytes - toldBytes >= STEP_BYTES) {
                tell();
            }
        }

        void file() {
            files++;
            tell();
        }

        long bytes() {
            return bytes;
        }

        private void tell() {
            toldBytes = bytes;
            listener.progress(new Progress(bytes, plan.bytes(), files, plan.fileCount(), plan.last()));
        }
    }
}
