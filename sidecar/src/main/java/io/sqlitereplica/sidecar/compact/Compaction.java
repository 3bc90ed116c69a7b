package io.sqlitereplica.sidecar.compact;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxMerger;
import io.sqlitereplica.sidecar.storage.CreateResult;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.Upload;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Makes one file of several, from the destination into the destination, in constant memory and without disk. */
public final class Compaction {
    private Compaction() {}

    /** To be asked right before the result is published. */
    @FunctionalInterface
    public interface Permission {
        void check() throws IOException;
    }

    /**
     * What was made.
     *
     * @param created false: the destination had it already
     */
    public record Result(ReplicaFile file, boolean created) {}

    /**
     * Merges. The caller must hold no buffers.
     *
     * @param spillFolder for the page index of a large file
     * @throws java.nio.file.NoSuchFileException if an input is gone
     * @throws io.sqlitereplica.sidecar.ltx.LtxFormatException if an input is damaged, or they do not follow each other
     */
    public static Result run(Merge merge, ReplicaStore store, Path spillFolder, BufferPool pool, Permission permission)
            throws IOException {
        Instant timestamp = store.timestamp(merge.inputs().getLast());
        List<ReadableByteChannel> inputs = new ArrayList<>();
        try (Upload out = store.createStreaming(
                merge.level(), merge.name(), timestamp, LtxMerger.maxBytes(inputBytes(merge)), spillFolder)) {
            for (ReplicaFile input : merge.inputs()) {
                inputs.add(Channels.newChannel(store.open(input, 0)));
            }
            LtxMerger.Merged merged = LtxMerger.compact(inputs, out, spillFolder, pool);
            permission.check();
            boolean created = out.commit() == CreateResult.CREATED;
            return new Result(new ReplicaFile(merge.level(), merge.name(), merged.bytes(), timestamp), created);
        } finally {
            for (ReadableByteChannel input : inputs) {
                input.close();
            }
        }
    }

    private static long inputBytes(Merge merge) {
        return merge.inputs().stream().mapToLong(ReplicaFile::sizeBytes).sum();
    }
}
