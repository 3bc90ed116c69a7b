package io.sqlitereplica.sidecar.compact;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.util.List;

/**
 * What is to become one file.
 *
 * @param level of that file
 * @param inputs two to eight files that follow each other, oldest first
 */
public record Merge(int level, List<ReplicaFile> inputs) {
    public Merge {
        inputs = List.copyOf(inputs);
    }

    /** The name of that file. */
    public LtxFileName name() {
        return new LtxFileName(
                inputs.getFirst().name().min(), inputs.getLast().name().max());
    }
}
