package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import io.sqlitereplica.sidecar.wal.PositionLostException.Reason;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads the log from a position to a published end, and lets nothing pass that it cannot account for. A reader is held
 * whenever this runs.
 */
final class LogReader {
    private static final long PAUSE_NANOS = Duration.ofMillis(1).toNanos();
    private static final long HEADER_WAIT_NANOS = Duration.ofSeconds(2).toNanos();
    private static final int FINGERPRINT_BYTES = 4096;

    private final PublishedHeaders headers;
    private final WalFile file;
    private final int pageSize;
    private final BufferPool pool;
    private final Counters counters;

    /** What stood at the last position, when that frame had no checksum to know it by. */
    private @Nullable Unsigned unsignedTail;

    private @Nullable WalPosition generationWithUnsignedFrames;

    private record Unsigned(WalPosition position, WalFile.FrameHeader header, long contents) {}

    LogReader(PublishedHeaders headers, WalFile file, int pageSize, BufferPool pool, Counters counters) {
        this.headers = headers;
        this.file = file;
        this.pageSize = pageSize;
        this.pool = pool;
        this.counters = counters;
    }

    /** Same generation, and the frame at the position is the one it was. Never for a position without a frame. */
    boolean continuesAt(WalPosition position) throws IOException, SQLException {
        PublishedHeader now = headers.current();
        return position.frame() > 0
                && now.salts() == position.salts()
                && now.mxFrame() >= position.frame()
                && stillStandsAt(position);
    }

    /** This generation has frames without checksum: SQLite would lose them in a recovery until they are backfilled. */
    boolean hasUnsignedFrames(PublishedHeader header) {
        return WalPosition.startOf(header.salts()).equals(generationWithUnsignedFrames);
    }

    WalSpan read(WalPosition from, PublishedHeader to, FrameVisitor visitor)
            throws IOException, SQLException, PositionLostException {
        long start = System.nanoTime();
        while (true) {
            PublishedHeader now = headers.current();
            requireReachable(from, now);
            if (nothingToRead(from, to, now)) {
                return WalSpan.nothing(from);
            }
            // The log's file gets its new header before the first frame of a generation is published. It may carry yet
            // another one only if that generation ended after our look: then the next look says so.
            WalFile.Header header = file.header();
            if (header != null && header.salts() == to.salts()) {
                return scan(from, to, header, visitor);
            }
            if (System.nanoTime() - start > HEADER_WAIT_NANOS) {
                throw new WalDamagedException("The log's file does not carry the published generation of " + to);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    /** The position is on the way to what is published now, or its generation ended exactly there. */
    private void requireReachable(WalPosition from, PublishedHeader now) throws IOException, PositionLostException {
        if (now.salts() != from.salts()) {
            if (!headers.mayFollow(from)) {
                boolean droppedByRecovery = headers.liesBehindRestartPoint(from);
                throw lost(droppedByRecovery ? Reason.WENT_BACK : Reason.RESTARTED, from, now);
            }
        } else if (now.mxFrame() < from.frame()) {
            throw lost(Reason.WENT_BACK, from, now);
        } else if (from.frame() > 0
                && now.mxFrame() == from.frame()
                && !now.position().equals(from)) {
            throw lost(Reason.FRAME_CHANGED, from, now);
        } else if (from.frame() > 0 && now.mxFrame() > from.frame() && !stillStandsAt(from)) {
            throw lost(Reason.FRAME_CHANGED, from, now);
        }
    }

    private static boolean nothingToRead(WalPosition from, PublishedHeader to, PublishedHeader now)
            throws PositionLostException {
        if (to.mxFrame() == 0) {
            return true;
        }
        if (to.salts() == from.salts() && to.mxFrame() <= from.frame()) {
            return true;
        }
        if (to.salts() == now.salts()) {
            if (now.mxFrame() < to.mxFrame()) {
                throw lost(Reason.WENT_BACK, from, now);
            }
            return false;
        }
        if (to.salts() == from.salts()) {
            // Published behind the position, and gone with its generation.
            throw lost(Reason.RESTARTED, from, now);
        }
        return true; // an end of a generation that we are past
    }

    private WalSpan scan(WalPosition from, PublishedHeader to, WalFile.Header header, FrameVisitor visitor)
            throws IOException, SQLException, PositionLostException {
        if (header.pageSize() != pageSize || to.pageSize() != pageSize) {
            throw new WalDamagedException("Pages of " + header.pageSize() + " bytes in the log's file, of "
                    + to.pageSize() + " in -shm, of " + pageSize + " in the database");
        }
        boolean goesOn = from.salts() == to.salts() && from.frame() > 0;
        Scan scan = new Scan(to, new WalChecksum(header.checksumOrder()), visitor);
        if (goesOn) {
            // Behind a frame without a checksum SQLite goes on from the published one, or, rewriting, from zero.
            boolean anchored = unsignedTail == null || !unsignedTail.position.equals(from);
            scan.start(from.checksum1(), from.checksum2(), anchored);
        } else {
            scan.start(header.checksum1(), header.checksum2(), true);
        }
        int first = goesOn ? from.frame() + 1 : 1;
        try (Lease lease = pool.lease(1)) {
            ByteBuffer buffer = lease.get(0);
            int frameBytes = file.frameBytes();
            int batch = buffer.capacity() / frameBytes;
            for (int frame = first; frame <= to.mxFrame(); ) {
                int frames = Math.min(batch, to.mxFrame() - frame + 1);
                readFrames(frame, buffer.clear().limit(frames * frameBytes), to);
                for (int i = 0; i < frames; i++) {
                    scan.frame(frame + i, buffer, i * frameBytes);
                }
                frame += frames;
            }
            scan.finish();
        } catch (WalDamagedException e) {
            requireUnchanged(from, to);
            throw e;
        }
        // Frames without a checksum are believed for standing below the published end: it must have stood all along.
        requireUnchanged(from, to);
        counters.zeroChecksumFramesRead(scan.unsignedFrames);
        if (scan.tail != null) {
            unsignedTail = scan.tail;
        }
        if (scan.unsignedFrames > 0) {
            generationWithUnsignedFrames = WalPosition.startOf(to.salts());
        }
        // The published checksum is the chain's, or, behind a last frame without one, where the next frame goes on.
        return new WalSpan(
                to.position(), first, to.mxFrame() - first + 1, scan.commits, scan.pageCount, scan.unsignedFrames);
    }

    private void readFrames(int first, ByteBuffer buffer, PublishedHeader to) throws IOException {
        try {
            file.readFrames(first, buffer);
        } catch (EOFException e) {
            throw new WalDamagedException("The log's file ends before the published end " + to + ": " + e.getMessage());
        }
    }

    /** What was read up to {@code to} is still published: no restart has begun, and the end has not gone back. */
    private void requireUnchanged(WalPosition from, PublishedHeader to)
            throws IOException, SQLException, PositionLostException {
        PublishedHeader now = headers.current();
        if (now.salts() != to.salts()) {
            throw lost(Reason.RESTARTED, from, now);
        }
        if (now.mxFrame() < to.mxFrame()) {
            throw lost(Reason.WENT_BACK, from, now);
        }
        if (now.mxFrame() == to.mxFrame() && !now.position().equals(to.position())) {
            throw lost(Reason.FRAME_CHANGED, from, now);
        }
    }

    private boolean stillStandsAt(WalPosition position) throws IOException {
        WalFile.FrameHeader header;
        try {
            header = file.frameHeader(position.frame());
        } catch (EOFException e) {
            return false;
        }
        if (header.hasNoChecksum()) {
            Unsigned tail = unsignedTail;
            return tail != null
                    && tail.position.equals(position)
                    && tail.header.equals(header)
                    && tail.contents == contentsOf(position.frame());
        }
        return header.salts() == position.salts()
                && header.checksum1() == position.checksum1()
                && header.checksum2() == position.checksum2();
    }

    /** Of a frame's page. Needs no pooled buffer: the caller may hold one. */
    private long contentsOf(int frame) throws IOException {
        CRC32C crc = new CRC32C();
        ByteBuffer part = ByteBuffer.allocateDirect(Math.min(pageSize, FINGERPRINT_BYTES));
        for (int offset = 0; offset < pageSize; offset += part.capacity()) {
            file.readPart(frame, offset, part.clear());
            crc.update(part.flip());
        }
        return crc.getValue();
    }

    private static long contentsOf(ByteBuffer page) {
        CRC32C crc = new CRC32C();
        crc.update(page);
        return crc.getValue();
    }

    private static PositionLostException lost(Reason reason, WalPosition from, PublishedHeader now) {
        String what = switch (reason) {
            case RESTARTED -> "the log was restarted before its frames behind the position were read";
            case WENT_BACK -> "SQLite took back commits that were already published";
            case FRAME_CHANGED -> "another frame stands at the position";
        };
        return new PositionLostException(reason, "Position " + from + " is lost: " + what + "; published is " + now);
    }

    /** The chain of checksums over one reading. */
    private final class Scan {
        private final PublishedHeader to;
        private final WalChecksum chain;
        private final FrameVisitor visitor;
        private boolean anchored;
        private int unsignedFrames;
        private int commits;
        private long pageCount;
        private @Nullable Unsigned tail;

        Scan(PublishedHeader to, WalChecksum chain, FrameVisitor visitor) {
            this.to = to;
            this.chain = chain;
            this.visitor = visitor;
        }

        void start(int checksum1, int checksum2, boolean isAnchored) {
            chain.set(checksum1, checksum2);
            anchored = isAnchored;
        }

        void frame(int frame, ByteBuffer buffer, int offset) throws IOException {
            WalFile.FrameHeader header = WalFile.FrameHeader.at(buffer, offset);
            chain.add(buffer, offset, 8);
            chain.add(buffer, offset + WalFile.FRAME_HEADER_BYTES, pageSize);
            boolean ours = header.salts() == to.salts();
            if (ours && chain.is(header.checksum1(), header.checksum2())) {
                anchored = true;
            } else if (header.hasNoChecksum()) {
                // Published, so committed, though SQLite itself would stop here in a recovery. The chain goes on from
                // zero, or from whatever the next frame that has a checksum was given.
                unsignedFrames++;
                anchored = false;
                chain.set(0, 0);
            } else if (ours && !anchored) {
                anchored = true;
                chain.set(header.checksum1(), header.checksum2());
            } else {
                throw new WalDamagedException("Frame " + frame + " below the published end " + to
                        + (ours ? " has a wrong checksum" : " belongs to another generation"));
            }
            if (header.pageNumber() <= 0) {
                throw new WalDamagedException("Frame " + frame + " below the published end " + to + " holds page "
                        + Integer.toUnsignedLong(header.pageNumber()));
            }
            if (header.commitPages() != 0) {
                commits++;
                pageCount = Integer.toUnsignedLong(header.commitPages());
            } else if (frame == to.mxFrame()) {
                throw new WalDamagedException("The published end " + to + " is not the end of a transaction");
            }
            visitor.frame(header.pageNumber(), frame);
            if (frame == to.mxFrame() && header.hasNoChecksum()) {
                ByteBuffer page = buffer.slice(offset + WalFile.FRAME_HEADER_BYTES, pageSize);
                tail = new Unsigned(to.position(), header, contentsOf(page));
            }
        }

        void finish() throws IOException {
            if (anchored && !chain.is(to.checksum1(), to.checksum2())) {
                throw new WalDamagedException(
                        "The checksums of the log do not lead to those of its published end " + to);
            }
            if (pageCount != to.pageCount()) {
                throw new WalDamagedException(
                        "The last transaction leaves " + pageCount + " pages, the published end " + to);
            }
        }
    }
}
