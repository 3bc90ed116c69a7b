package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.wal.FrameSorter;
import io.sqlitereplica.sidecar.wal.PositionLostException;
import io.sqlitereplica.sidecar.wal.PublishedHeader;
import io.sqlitereplica.sidecar.wal.WalDatabase;
import io.sqlitereplica.sidecar.wal.WalPosition;
import io.sqlitereplica.sidecar.wal.WalSpan;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What was committed since the last TXID. Renewals of the reader copy its frames aside; a sync closes it: the newest
 * version of each page, copied or still in the WAL, becomes the file of the next TXID.
 */
final class OpenTransaction implements AutoCloseable {
    private static final int WAL_HEADER_BYTES = 32;
    private static final int FRAME_HEADER_BYTES = 24;

    /** What a page takes in a file and in the journal beside its contents, and a little more. */
    private static final int OVERHEAD_BYTES = 64;

    private final ReplicaContext context;
    private final WalDatabase wal;
    private final StateFolder state;
    private final Room room;
    private WalPosition end;
    private @Nullable FrameCopy copy;
    private long pageCount;
    private WalRange range = WalRange.NONE;

    /** Decides where the file of a transaction goes. */
    interface Room {
        /**
         * Whether so many bytes may be copied aside, beside what is staged.
         */
        boolean allows(long bytes) throws IOException;

        /**
         * Waits until there is room to stage so many bytes.
         *
         * @return how many bytes may be staged; 0 if it must be streamed, and then everything before is uploaded
         */
        long await(long bytes) throws IOException;
    }

    /**
     * Begins behind the position of the state folder.
     *
     * @param end where that is in the WAL
     */
    OpenTransaction(ReplicaContext context, WalDatabase wal, StateFolder state, Room room, WalPosition end) {
        this.context = context;
        this.wal = wal;
        this.state = state;
        this.room = room;
        this.end = end;
    }

    /** How far the WAL was read. */
    WalPosition end() {
        return end;
    }

    /** Nothing was copied aside since the last TXID. */
    boolean isEmpty() {
        return copy == null;
    }

    /** What the copies occupy. */
    long copiedBytes() {
        FrameCopy open = copy;
        return open == null ? 0 : open.bytes();
    }

    /** Whether there is room for a copy of the frames up to a published end. */
    boolean fitsAside(PublishedHeader to) throws IOException {
        int frames = to.salts() == end.salts() ? to.mxFrame() - end.frame() : to.mxFrame();
        return room.allows(copiedBytes() + (long) Math.max(0, frames) * wal.pageSize());
    }

    /** Copies the frames up to a published end aside. Without room for that, they are shipped at once. */
    WalPosition copyAside(PublishedHeader to) throws IOException, SQLException, PositionLostException {
        if (!fitsAside(to)) {
            return close(to);
        }
        try (FrameSorter delta = new FrameSorter(state.spillFolder())) {
            WalSpan span = wal.read(end, to, delta::add);
            if (!span.isEmpty()) {
                copyPages(delta.sorted(), span);
                settle(span);
            }
            end = span.end();
            return end;
        }
    }

    private void copyPages(FrameSorter.Cursor cursor, WalSpan span) throws IOException {
        FrameCopy open = copy == null ? new FrameCopy(state.spillFolder()) : copy;
        copy = open;
        try (Scratch scratch = new Scratch()) {
            ByteBuffer image = scratch.buffer();
            while (cursor.next() && cursor.page() <= span.pageCount()) {
                wal.readFrame(cursor.frame(), image.clear().limit(wal.pageSize()));
                open.copy(cursor.page(), image.flip());
            }
        }
    }

    /** What was read is still what stands in the WAL; the transaction reaches to its end. */
    private void settle(WalSpan span) throws IOException, SQLException {
        requireStanding(span);
        pageCount = span.pageCount();
        range = rangeTo(span);
    }

    private void requireStanding(WalSpan span) throws IOException, SQLException {
        if (!wal.continuesAt(span.end())) {
            throw new BrokenOffException.ResyncNeeded("the WAL changed while it was read up to " + span.end());
        }
    }

    /** The part of the WAL's last generation that the transaction comes from. */
    private WalRange rangeTo(WalSpan span) {
        long frameBytes = (long) FRAME_HEADER_BYTES + wal.pageSize();
        int salt1 = (int) (span.end().salts() >>> 32);
        int salt2 = (int) span.end().salts();
        boolean goesOn = range.size() > 0 && range.salt1() == salt1 && range.salt2() == salt2;
        long from = goesOn ? range.offset() : WAL_HEADER_BYTES + (span.firstFrame() - 1) * frameBytes;
        return new WalRange(from, WAL_HEADER_BYTES + span.end().frame() * frameBytes - from, salt1, salt2);
    }

    /** Makes everything up to a published end the next TXID, if there is anything. */
    WalPosition close(PublishedHeader to) throws IOException, SQLException, PositionLostException {
        FrameCopy open = copy == null ? new FrameCopy(state.spillFolder()) : copy;
        copy = null; // whatever happens, it cannot be added to
        try (open) {
            int[] first = {0};
            WalSpan span = wal.read(end, to, (page, frame) -> {
                first[0] = first[0] == 0 ? frame : first[0];
                open.refer(page, open.copied() + 1 + frame - first[0]);
            });
            if (!span.isEmpty()) {
                settle(span);
            }
            if (!span.isEmpty() || open.copied() > 0) {
                write(open, span);
                range = WalRange.NONE;
            }
            end = span.end();
            return end;
        }
    }

    private void write(FrameCopy open, WalSpan span) throws IOException, SQLException {
        Position last = state.position().orElseThrow();
        long pages = 0;
        for (FrameSorter.Cursor cursor = open.sorted(); cursor.next(); ) {
            pages += cursor.page() <= pageCount ? 1 : 0;
        }
        long bytes = (pages + 1) * (wal.pageSize() + OVERHEAD_BYTES);
        long roomBytes = room.await(bytes);
        TxId txId = last.txId().next();
        Instant now = Timestamps.after(last.timestamp());
        LtxHeader header = new LtxHeader(
                wal.pageSize(), pageCount, txId, txId, now, false, last.databaseChecksum(), range, state.writerId());
        try (TransactionFile file = roomBytes > 0
                        ? TransactionFile.staged(context, state, header, roomBytes)
                        : TransactionFile.streamed(context, state, 0, header);
                Scratch scratch = new Scratch()) {
            long checksum = writePages(open, span, last, file, scratch.buffer());
            file.seal(checksum);
            if (!span.isEmpty()) {
                requireStanding(span);
            }
            Instant since = context.status().unstagedSince();
            file.finish(
                    new Position(
                            txId,
                            now,
                            checksum,
                            wal.pageSize(),
                            (int) pageCount,
                            wal.inode(),
                            Positions.recognisable(span.end())),
                    since == null ? now : since);
            context.status().unstagedSince(null);
        }
    }

    /**
     * Writes the pages.
     *
     * @return the checksum of the database with them
     */
    private long writePages(FrameCopy open, WalSpan span, Position last, TransactionFile file, ByteBuffer image)
            throws IOException {
        PageTable known = state.pages();
        long checksum = last.databaseChecksum();
        long added = 0;
        for (FrameSorter.Cursor cursor = open.sorted(); cursor.next() && cursor.page() <= pageCount; ) {
            int page = cursor.page();
            image.clear().limit(wal.pageSize());
            if (cursor.frame() <= open.copied()) {
                open.read(cursor.frame(), image);
            } else {
                wal.readFrame(span.firstFrame() + cursor.frame() - open.copied() - 1, image);
            }
            image.flip();
            long pageChecksum = PageChecksum.of(page, image);
            if (page <= last.pageCount()) {
                checksum ^= known(known, page);
            } else {
                added++;
            }
            checksum ^= pageChecksum;
            file.page(page, pageChecksum, image);
        }
        if (added != pagesBetween(last.pageCount(), pageCount)) {
            throw new BrokenOffException.ResyncNeeded("the database grew by pages that are not in the WAL");
        }
        int lockPage = LockPage.of(wal.pageSize());
        for (int page = (int) pageCount + 1; page <= last.pageCount(); page++) {
            checksum ^= page == lockPage ? 0 : known(known, page);
        }
        return checksum | PageChecksum.FLAG;
    }

    private static long known(PageTable pages, int page) throws IOException {
        long checksum = pages.get(page);
        if (checksum == 0) {
            throw new BrokenOffException.ResyncNeeded("the replica's version of page " + page + " is not known");
        }
        return checksum;
    }

    /** How many pages a database grew by, without the lock page. */
    private long pagesBetween(long before, long after) {
        int lockPage = LockPage.of(wal.pageSize());
        return Math.max(0, after - before) - (before < lockPage && lockPage <= after ? 1 : 0);
    }

    @Override
    public void close() throws IOException {
        FrameCopy open = copy;
        copy = null;
        if (open != null) {
            open.close();
        }
    }
}
