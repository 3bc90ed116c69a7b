package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A database whose log is held: the one owner of its descriptors and SQLite connections in this process.
 *
 * <p>POSIX locks belong to the process, and closing <em>any</em> descriptor of the database or its {@code -shm} drops all
 * of SQLite's: nothing else in this process may open either file, not even to look at it.
 *
 * <p>From {@link #open} until the end a reader is held, so that no frame goes away unstaged. The caller's loop is: look at
 * the {@link #header()}; {@link #stage} what is new; {@link #renew} when {@link #renewalDue}; {@link #finish} when {@link
 * #finishDue}; {@link #barrier} when {@link #barrierDue}. All calls come from one thread, the owner's, but those of a
 * {@link SnapshotReader}, {@link #statistics()}, {@link #readFrame} and {@link #readPages}. An interrupt harms none.
 *
 * <p>{@link #read} borrows one buffer while it runs: call it, and what calls a {@link Stager}, without holding a lease.
 */
public final class WalDatabase implements AutoCloseable {
    private static final int GIVE_WAY_TIMES = 3;

    private final Path path;
    private final Path real;
    private final WalOptions options;
    private final DatabaseFile file;
    private final WalIndex index;
    private final WalFile log;
    private final int pageSize;
    private final boolean switched;
    private final ReaderPair readers;
    private final Checkpointer checkpointer;
    private final PublishedHeaders headers;
    private final LogReader reader;
    private final Counters counters = new Counters();
    private final AtomicInteger openSnapshots = new AtomicInteger();
    private Hold hold = Hold.UNKNOWN;
    private boolean closed;

    WalDatabase(
            Path path,
            Path real,
            BufferPool pool,
            WalOptions options,
            DatabaseFile file,
            WalIndex index,
            WalFile log,
            Sqlite begun,
            int pageSize,
            boolean switched) {
        this.path = path;
        this.real = real;
        this.options = options;
        this.file = file;
        this.index = index;
        this.log = log;
        this.pageSize = pageSize;
        this.switched = switched;
        this.readers = new ReaderPair(begun, this::connect);
        this.checkpointer = new Checkpointer(this, this::connect, index, log, options, counters);
        this.headers = new PublishedHeaders(index, checkpointer::readPublishedHeader, counters);
        this.reader = new LogReader(headers, log, pageSize, pool, counters);
    }

    /** Opens a database with the default options. */
    public static WalDatabase open(Path database, BufferPool pool)
            throws DatabaseRefusedException, SQLException, IOException {
        return open(database, pool, WalOptions.DEFAULTS);
    }

    /**
     * Opens a database and begins to hold its log. A database in another journal mode is switched to WAL, which lasts.
     *
     * @throws DatabaseRefusedException it cannot be replicated as it is
     */
    public static WalDatabase open(Path database, BufferPool pool, WalOptions options)
            throws DatabaseRefusedException, SQLException, IOException {
        return new DatabaseOpener(database, pool, options).open();
    }

    private Sqlite connect() throws SQLException {
        Sqlite connection = Sqlite.open(real, options.openTimeout());
        connection.neverWait();
        return connection;
    }

    /** The path it was opened by. */
    public Path path() {
        return path;
    }

    /** Bytes of a page. It does not change while the database is held. */
    public int pageSize() {
        return pageSize;
    }

    /** Opening switched it from another journal mode to WAL. */
    public boolean switchedToWal() {
        return switched;
    }

    /** The open file's number: another one at the next start means that the file was replaced. */
    public long inode() throws IOException {
        return file.inode();
    }

    /** The path no longer names the database that is held, or its {@code -shm}: someone moved another one there. */
    public boolean wasReplaced() throws IOException {
        return !file.isStillAtItsPath() || !index.isStillAtItsPath();
    }

    /** Whole pages that the database's file holds now. */
    public long filePages() throws IOException {
        return Math.ceilDiv(file.size(), pageSize);
    }

    /** The published header now: one {@code pread}. A torn one is repaired. */
    public PublishedHeader header() throws IOException, SQLException {
        return headers.current();
    }

    /** Another process runs a checkpoint, and may wait for our reader to move on: renew soon. */
    public boolean checkpointRunsElsewhere() throws IOException {
        return index.isCheckpointedByAnotherProcess();
    }

    /**
     * Whether a position from an earlier time still lies in the log: same generation, same frame. To be asked at the
     * start, together with {@link #inode()}, and by a stager before it makes what it read durable. Never for a position
     * without a frame.
     */
    public boolean continuesAt(WalPosition position) throws IOException, SQLException {
        return reader.continuesAt(position);
    }

    /**
     * Reads the frames behind a position up to a published end, checks each of them, and shows them to the visitor. What
     * was shown counts only when this returns.
     *
     * @param from where the caller's copy of the database stands
     * @param to what {@link #header()} or {@link SnapshotReader#header()} said
     * @return the new position; nothing when the position is there already
     * @throws PositionLostException the log does not go on at {@code from}: compare the whole database
     * @throws WalDamagedException a published frame cannot be read as such
     */
    public WalSpan read(WalPosition from, PublishedHeader to, FrameVisitor visitor)
            throws IOException, SQLException, PositionLostException {
        return reader.read(from, to, visitor);
    }

    /** Reads the page that a frame holds into a direct buffer with exactly a page left. From any thread. */
    public void readFrame(int frame, ByteBuffer page) throws IOException {
        log.readPage(frame, page);
    }

    /**
     * Fills a direct buffer with whole pages of the database's file; zeros behind its end. Past the page cache where
     * offset and address allow it (a pooled buffer, chunks of its size). From any thread.
     *
     * @param firstPage from 1
     */
    public void readPages(long firstPage, ByteBuffer pages) throws IOException {
        file.read(pages, (firstPage - 1) * pageSize);
    }

    /**
     * Has the stager read up to the published end and make it durable. A reader is held throughout.
     *
     * @return the end that was asked for
     */
    public PublishedHeader stage(Stager stager) throws IOException, SQLException, PositionLostException {
        PublishedHeader published = headers.current();
        WalPosition staged = stager.stage(published);
        if (published.mxFrame() > 0 && staged.salts() == published.salts() && staged.frame() < published.mxFrame()) {
            throw new IllegalStateException("Staged only up to " + staged + " of " + published);
        }
        return published;
    }

    /** The reader that is held keeps more of the log than it needs to. Ask at every look: it is cheap. */
    public boolean renewalDue(PublishedHeader header) {
        return hold.isOutdatedBy(header);
    }

    /**
     * Moves the reader to the end of the log: the next one begins, everything up to the published end is staged, then the
     * old one ends. If no slot is to be had, or staging fails, the old one stays.
     *
     * @return false if no slot was to be had: try again later
     */
    public boolean renew(Stager stager) throws IOException, SQLException, PositionLostException {
        Hold next = beginNextReader();
        if (next == null) {
            return false;
        }
        PublishedHeader published;
        boolean staged = false;
        try {
            published = stage(stager);
            staged = true;
        } finally {
            if (!staged) {
                readers.endOther();
            }
        }
        readers.handOver();
        hold = next.isAt(published) ? next : Hold.UNKNOWN;
        counters.renewed();
        counters.walIsBytes(log.size());
        return true;
    }

    /**
     * Begins the next reader, beside the one that is held.
     *
     * <p>Not in a waiting checkpoint's way. FULL, RESTART and TRUNCATE read a slot's mark, and if it is old wait for the
     * slot to be free; a reader that takes the slot in between, with a new mark, is waited for in vain, and every later
     * one of ours would share that slot: the app would stand still, its write lock held, for all its busy timeout. So a
     * reader that may have done so ends again, while the other one still holds the log, until the checkpoint has had its
     * turn.
     *
     * @return what it holds if the log did not move meanwhile, or null if no slot was to be had
     */
    private @Nullable Hold beginNextReader() throws IOException, SQLException {
        PublishedHeader before = headers.current();
        Hold next = Hold.expected(before, index.isSlotZeroFree());
        boolean begun = readers.beginOther();
        for (int i = 0; begun && i < GIVE_WAY_TIMES; i++) {
            boolean tookASlot = !headers.current().marks().equals(before.marks());
            if (!tookASlot || !index.isWritersCheckpointRunningElsewhere()) {
                break;
            }
            readers.endOther();
            before = checkpointer.giveWay();
            next = Hold.expected(before, index.isSlotZeroFree());
            begun = readers.beginOther();
        }
        return begun ? next : null;
    }

    /** The log is long enough that it should restart, or its frames want to be in the database file. */
    public boolean finishDue(PublishedHeader header) {
        return openSnapshots.get() == 0
                && !hold.letsRestart(header)
                && (header.mxFrame() >= options.finishPages()
                        || (reader.hasUnsignedFrames(header) && !header.fullyBackfilled()))
                && checkpointer.mayFinishNow();
    }

    /**
     * Lets the app's next commit restart the log: copies it into the database file, and moves the reader to the slot that
     * allows it. Takes no lock that a writer needs; looks for a moment between two commits, a few milliseconds apart.
     */
    public FinishResult finish(Stager stager) throws IOException, SQLException, PositionLostException {
        return openSnapshots.get() > 0 ? FinishResult.HELD_BY_READER : checkpointer.finish(stager);
    }

    /** The app never pauses, and the log has grown to four times the length at which it should restart. */
    public boolean barrierDue(PublishedHeader header) throws IOException {
        return openSnapshots.get() == 0
                && !hold.letsRestart(header)
                && header.mxFrame() >= options.barrierPages()
                && checkpointer.mayHoldWritersNow(header);
    }

    /** As {@link #finish}, but holds the app's writers for the last few frames: only when {@link #barrierDue}. */
    public FinishResult barrier(Stager stager) throws IOException, SQLException, PositionLostException {
        return openSnapshots.get() > 0 ? FinishResult.HELD_BY_READER : checkpointer.barrier(stager);
    }

    /**
     * Before a planned stop: if the log is about to be restarted by the app anyway, lets that happen now, so that the next
     * start finds the position in it. Otherwise the log stays as it is. Waits a second at most.
     */
    public void prepareStop(Stager stager) throws IOException, SQLException, PositionLostException {
        if (openSnapshots.get() == 0) {
            checkpointer.prepareStop(stager);
        }
    }

    /**
     * Begins a reader of its own at the published end, which holds the database still for as long as it is open.
     *
     * @param spillFolder where its index of the log goes when it is large
     */
    public SnapshotReader snapshot(Path spillFolder) throws IOException, SQLException {
        Sqlite connection = connect();
        try {
            checkpointer.beginPatiently(connection);
            // Looked at only now that the reader has begun: backfilling stops at its mark, which is at most this end.
            PublishedHeader header = headers.currentWithBackfill();
            SnapshotReader snapshot = new SnapshotReader(
                    header, headers.positionOf(header), pageSize, file, log, connection, spillFolder, openSnapshots);
            openSnapshots.incrementAndGet();
            return snapshot;
        } catch (IOException | SQLException | RuntimeException e) {
            Sqlite.closeAfter(e, connection);
            throw e;
        }
    }

    /** Closes the connections that a quiet database does not need: all but the reader that is held. */
    public void closeIdleConnections() throws SQLException {
        checkpointer.closeConnections();
        readers.closeSpare();
    }

    PublishedHeaders headers() {
        return headers;
    }

    /** The held reader's slot lets the app's next commit restart the log. */
    boolean letsRestart(PublishedHeader header) {
        return hold.letsRestart(header);
    }

    /** Counts since it was opened. From any thread. */
    public WalStatistics statistics() {
        return counters.statistics();
    }

    /** Lets go of the database while the process lives on. */
    @Override
    public void close() throws SQLException {
        close(CloseMode.RELEASE);
    }

    /** Lets go of the database. Its snapshots must be closed by then. */
    public void close(CloseMode mode) throws SQLException {
        if (closed) {
            return;
        }
        if (openSnapshots.get() > 0) {
            throw new IllegalStateException("Close its snapshots first");
        }
        closed = true;
        checkpointer.closeConnections();
        if (mode == CloseMode.RELEASE) {
            release();
        }
    }

    /**
     * Whoever closes the last connection of all checkpoints and deletes the log, unless it cannot write. Our descriptors
     * go last: closing them drops the locks of every connection that is still open.
     */
    private void release() throws SQLException {
        @Nullable Sqlite last = null;
        try {
            last = Sqlite.openReadOnly(real, options.openTimeout());
            last.beginRead();
            last.rollback();
        } finally {
            try {
                readers.closeBoth();
            } finally {
                if (last != null) {
                    last.close();
                }
                index.close();
                log.close();
                file.close();
            }
        }
    }
}
