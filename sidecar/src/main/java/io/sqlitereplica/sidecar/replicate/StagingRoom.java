package io.sqlitereplica.sidecar.replicate;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** How much may be staged: the app shares the volume, and is never to find it full. */
final class StagingRoom {
    private static final int VOLUME_SHARE = 10;

    private final FileStore volume;
    private final long maxStagedBytes;

    StagingRoom(Path folder, long maxStagedBytes) throws IOException {
        this.volume = Files.getFileStore(folder);
        this.maxStagedBytes = maxStagedBytes;
    }

    /** How many bytes may be added to what is staged already. */
    long leftBytes(long stagedBytes) throws IOException {
        long share = volume.getTotalSpace() / VOLUME_SHARE;
        long allowed = Math.min(maxStagedBytes, share) - stagedBytes;
        long keepingFree = volume.getUsableSpace() - share;
        return Math.max(0, Math.min(allowed, keepingFree));
    }

    /** Less is free than is to be left to the app. */
    boolean isVolumeFull() throws IOException {
        return volume.getUsableSpace() < volume.getTotalSpace() / VOLUME_SHARE;
    }
}
