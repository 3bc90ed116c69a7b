package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.state.StateFolder;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Room for what is staged. While the destination takes files, a transaction that finds none waits, with the WAL held, until
 * those before it are uploaded; if it is too large even then, it is streamed. While the destination fails, or the volume is
 * nearly full, there is none.
 */
final class UploadRoom implements OpenTransaction.Room {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long WAIT_NANOS = 20_000_000;

    /** The copies made aside take at most this part of the room: they are written once more when they are staged. */
    private static final int COPIES_SHARE = 4;

    private final ReplicaContext context;
    private final StateFolder state;
    private final Uploader uploader;
    private final LineageGuard guard;
    private final StagingRoom room;

    UploadRoom(ReplicaContext context, StateFolder state, Uploader uploader, LineageGuard guard) throws IOException {
        this.context = context;
        this.state = state;
        this.uploader = uploader;
        this.guard = guard;
        this.room = new StagingRoom(state.spillFolder(), context.options().maxStagedBytes());
    }

    @Override
    public boolean allows(long bytes) throws IOException {
        return bytes <= leftBytes() / COPIES_SHARE;
    }

    /** How much may be staged now. */
    long leftBytes() throws IOException {
        return room.leftBytes(state.staged().bytes());
    }

    boolean volumeIsFull() throws IOException {
        return room.isVolumeFull();
    }

    @Override
    public long await(long bytes) throws IOException {
        while (true) {
            long left = leftBytes();
            if (left >= bytes) {
                return left;
            }
            uploader.check();
            if (uploader.isIdle()) {
                guard.check();
                return 0;
            }
            Instant failingSince = uploader.failingSince();
            if (hasLastedTooLong(failingSince)) {
                throw new BrokenOffException.NoRoom(
                        "Staging is full (%d bytes wait for their upload) and the destination has failed since %s"
                                .formatted(state.staged().bytes(), failingSince));
            }
            if (volumeIsFull()) { // and would be filled by the WAL, which is held as long as this waits
                throw new BrokenOffException.NoRoom(
                        "Staging is full (%d bytes wait for their upload): less than a tenth of the volume is free"
                                .formatted(state.staged().bytes()));
            }
            context.stop().pause(WAIT_NANOS);
        }
    }

    private static boolean hasLastedTooLong(@Nullable Instant failingSince) {
        return failingSince != null && failingSince.plus(PATIENCE).isBefore(Instant.now());
    }
}
