package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Gives the files of a plan in order. Small ones, of which a replica has thousands between two snapshots, are fetched a few
 * at a time ahead of their turn; the others are streamed when it is their turn.
 */
final class ReplicaFetcher {
    private static final int AHEAD = 8;
    private static final int SMALL_BYTES = 64 * 1024;

    private final ReplicaStore store;
    private final Duration patience;
    private final Progress.Meter progress;

    /**
     * @param patience how long to try again, when the destination fails, before giving up
     * @param progress is told what was read
     */
    ReplicaFetcher(ReplicaStore store, Duration patience, Progress.Meter progress) {
        this.store = store;
        this.patience = patience;
        this.progress = progress;
    }

    /** What is done with each file. */
    @FunctionalInterface
    interface Step {
        void take(ReplicaFile file, ReadableByteChannel content) throws IOException;
    }

    /**
     * Goes through the files, oldest first.
     *
     * @throws VanishedException if one is not there any more
     */
    void forEach(RestorePlan plan, Step step) throws IOException {
        Deque<Fetch> ahead = new ArrayDeque<>();
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("fetch-", 0).factory())) {
            try {
                plan.forEach(file -> {
                    ahead.add(begin(executor, file));
                    if (ahead.size() > AHEAD) {
                        finish(ahead.remove(), step);
                    }
                });
                while (!ahead.isEmpty()) {
                    finish(ahead.remove(), step);
                }
            } finally {
                executor.shutdownNow();
            }
        }
    }

    private sealed interface Fetch {}

    private record Streamed(ReplicaFile file) implements Fetch {}

    private record Fetched(ReplicaFile file, Future<byte[]> content) implements Fetch {}

    private Fetch begin(ExecutorService executor, ReplicaFile file) {
        return file.sizeBytes() <= SMALL_BYTES
                ? new Fetched(file, executor.submit(() -> readWhole(file)))
                : new Streamed(file);
    }

    private byte[] readWhole(ReplicaFile file) throws IOException {
        ByteBuffer content = ByteBuffer.allocate((int) file.sizeBytes() + 1); // one more than there should be
        try (ReplicaFileChannel channel = new ReplicaFileChannel(store, file, patience, _ -> {})) {
            while (content.hasRemaining() && channel.read(content) >= 0) {
                // until the end
            }
        }
        if (content.position() != file.sizeBytes()) {
            throw new VanishedException(store.location(), file, null);
        }
        return Arrays.copyOf(content.array(), content.position());
    }

    private void finish(Fetch fetch, Step step) throws IOException {
        switch (fetch) {
            case Streamed(ReplicaFile file) -> {
                try (ReplicaFileChannel channel = new ReplicaFileChannel(store, file, patience, progress::read)) {
                    step.take(file, channel);
                }
            }
            case Fetched(ReplicaFile file, Future<byte[]> content) -> {
                byte[] bytes = await(content);
                progress.read(bytes.length);
                try (ReadableByteChannel channel = Channels.newChannel(new ByteArrayInputStream(bytes))) {
                    step.take(file, channel);
                }
            }
        }
        progress.file();
    }

    private static byte[] await(Future<byte[]> content) throws IOException {
        try {
            return content.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw new IllegalStateException(e.getCause());
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted while a file was fetched");
        }
    }
}
