package io.sqlitereplica.sidecar.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The start of {@code -shm}: two copies of the header, then the checkpoint's fields, then the bytes that are locked. */
final class WalIndex implements AutoCloseable {
    private static final int COPY_BYTES = 48;
    private static final int LOOK_BYTES = 136;
    private static final int VERSION = 3_007_000;

    private static final int IS_INITIALISED = 12;
    private static final int PAGE_SIZE = 14;
    private static final int MX_FRAME = 16;
    private static final int PAGE_COUNT = 20;
    private static final int FRAME_CHECKSUM = 24;
    private static final int SALTS = 32;
    private static final int OWN_CHECKSUM = 40;
    private static final int BACKFILLED = 96;
    private static final int MARKS = 100;

    private static final int LOCK_WRITE = 120;
    private static final int LOCK_CHECKPOINT = 121;
    private static final int LOCK_SLOT_0 = 123;

    private final NativeFile file;
    private final ByteBuffer look = ByteBuffer.allocateDirect(LOOK_BYTES);

    WalIndex(Path path) throws IOException {
        file = NativeFile.open(path);
    }

    /**
     * Reads the header with one {@code pread}, as SQLite's own readers do: both copies must be the same, and its own
     * checksum right.
     *
     * @return the header, or null while a writer is between its two copies
     */
    @Nullable
    PublishedHeader look() throws IOException {
        look.clear();
        if (file.read(look, 0) < LOOK_BYTES) {
            return null;
        }
        look.flip().order(ByteOrder.nativeOrder());
        if (look.slice(0, COPY_BYTES).mismatch(look.slice(COPY_BYTES, COPY_BYTES)) >= 0
                || look.getInt(0) != VERSION
                || look.get(IS_INITIALISED) == 0) {
            return null;
        }
        WalChecksum checksum = new WalChecksum(ByteOrder.nativeOrder());
        checksum.add(look, 0, OWN_CHECKSUM);
        if (!checksum.is(look.getInt(OWN_CHECKSUM), look.getInt(OWN_CHECKSUM + 4))) {
            return null;
        }
        int pageSize = Short.toUnsignedInt(look.getShort(PAGE_SIZE));
        int mxFrame = look.getInt(MX_FRAME);
        if (mxFrame < 0) {
            throw new WalDamagedException("The log has " + Integer.toUnsignedLong(mxFrame) + " frames: too many");
        }
        return new PublishedHeader(
                look.duplicate().order(ByteOrder.BIG_ENDIAN).getLong(SALTS),
                mxFrame,
                Integer.toUnsignedLong(look.getInt(PAGE_COUNT)),
                look.getInt(FRAME_CHECKSUM),
                look.getInt(FRAME_CHECKSUM + 4),
                pageSize == 1 ? 65536 : pageSize,
                look.getInt(BACKFILLED),
                new PublishedHeader.ReadMarks(
                        look.getInt(MARKS + 4),
                        look.getInt(MARKS + 8),
                        look.getInt(MARKS + 12),
                        look.getInt(MARKS + 16)));
    }

    /** A reader of another process is in a slot of the log, and its mark lies before the end: nothing can restart it. */
    boolean isPinnedByAnotherProcess(PublishedHeader header) throws IOException {
        for (int slot = 1; slot <= 4; slot++) {
            int mark = header.marks().of(slot);
            if (mark >= 0 && mark < header.mxFrame() && file.isLockedElsewhere(LOCK_SLOT_0 + slot)) {
                return true;
            }
        }
        return false;
    }

    /** No checkpoint of another process has slot 0 to itself. */
    boolean isSlotZeroFree() throws IOException {
        return !file.isLockedExclusivelyElsewhere(LOCK_SLOT_0);
    }

    /** Another process runs a checkpoint, or waits in one for readers to move on. */
    boolean isCheckpointedByAnotherProcess() throws IOException {
        return file.isLockedElsewhere(LOCK_CHECKPOINT);
    }

    /** Another process runs a checkpoint that holds the write lock too, as all do that wait for readers. */
    boolean isWritersCheckpointRunningElsewhere() throws IOException {
        return isCheckpointedByAnotherProcess() && file.isLockedElsewhere(LOCK_WRITE);
    }

    boolean isStillAtItsPath() throws IOException {
        return file.isStillAtItsPath();
    }

    @Override
    public void close() {
        file.close();
    }
}
