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
    private final Path path;
    private final Path real;
    private final WalOptions options;
    private final DatabaseFile file;
    private final WalIndex index;
    private final WalFile log;
    private final int pageSize;
    private final boolean switched;
    private final PublishedHeaders headers;
    private final Renewer renewer;
    private final Checkpointer checkpointer;
    private final LogReader reader;
    private final Counters counters = new Counters();
    private final AtomicInteger openSnapshots = new AtomicInteger();
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
        Sidelines sidelines = new Sidelines(this::connect);
        this.headers = new PublishedHeaders(index, () -> sidelines.checkpoints().checkpointNothing(), counters);
        this.renewer = new Renewer(new ReaderPair(begun, this::connect), headers, index, log, counters);
        this.checkpointer = new Checkpointer(headers, renewer, sidelines, index, log, options, counters);
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

    /**
     * The database still has the page size that its replica has: pages of two sizes do not add up to a database.
     *
     * @throws DatabaseRefusedException it has another
     */
    public void requirePageSize(int replicated) throws DatabaseRefusedException {
        if (pageSize != replicated) {
            throw new DatabaseRefusedException(
                    DatabaseRefusedException.Reason.PAGE_SIZE_CHANGED,
                    path,
                    ("has pages of %d bytes now, and its replica has pages of %d, which do not go together. Give it"
                        + " its old pages back (PRAGMA journal_mode=DELETE; PRAGMA page_size=%d; VACUUM), or replicate"
                        + " it to a new, empty destination without the folder .%s-sqlitereplica")
                            .formatted(pageSize, replicated, replicated, path.getFileName()));
        }
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
        return renewer.stage(stager);
    }

    /** The reader that is held keeps more of the log than it needs to. Ask at every look: it is cheap. */
    public boolean renewalDue(PublishedHeader header) {
        return renewer.isDue(header);
    }

    /**
     * Moves the reader to the end of the log: the next one begins, everything up to the published end is staged, then the
     * old one ends. If no slot is to be had, or staging fails, the old one stays.
     *
     * @return false if no slot was to be had: try again later
     */
    public boolean renew(Stager stager) throws IOException, SQLException, PositionLostException {
        return renewer.renew(stager);
    }

    /** The log is long enough that it should restart, or its frames want to be in the database file. */
    public boolean finishDue(PublishedHeader header) throws IOException {
        return openSnapshots.get() == 0
                && !renewer.letsRestart(header)
                && (header.mxFrame() >= options.finishPages()
                        || (reader.hasUnsignedFrames(header) && !header.fullyBackfilled()))
                && checkpointer.mayFinishNow(header);
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
                && !renewer.letsRestart(header)
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
            connection.beginReadPatiently(options.openTimeout());
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
        checkpointer.close();
        renewer.closeSpare();
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
        checkpointer.close();
        if (mode == CloseMode.RELEASE) {
            release();
        }
    }

    /**
     * Whoever closes the last connection of all checkpoints and deletes the log, unless it cannot write. So a read-only
     * connection goes last; where there can be none, the others are never closed, only ended. It must be one to the same
     * file: if the path names another one by now, the log beside it is another one's too, and must not be deleted. Our
     * descriptors go after the connections: closing them drops their locks.
     *
     * <p>Of a file that is not at its path any more, all are closed at once, or the space of a deleted one would stay taken.
     * SQLite then leaves alone what is at the path: before it checkpoints and deletes anything it looks whether the file was
     * moved ({@code databaseIsUnmoved} in its {@code pager.c}). Should it be back by then, that is a close as by any app.
     */
    private void release() throws SQLException {
        if (hasMoved()) {
            closeWith(null);
            return;
        }
        Sqlite last;
        try {
            last = openLast();
        } catch (SQLException e) {
            renewer.endHeld();
            throw e;
        }
        if (last == null) {
            renewer.endHeld();
            return;
        }
        closeWith(last);
    }

    private void closeWith(@Nullable Sqlite last) throws SQLException {
        try {
            renewer.close();
        } finally {
            if (last != null) {
                last.close();
            }
            index.close();
            log.close();
            file.close();
        }
    }

    private boolean hasMoved() {
        try {
            return !file.isStillAtItsPath();
        } catch (IOException e) {
            return false; // not known
        }
    }

    private @Nullable Sqlite openLast() throws SQLException {
        Sqlite last = Sqlite.openReadOnly(real, options.openTimeout());
        try {
            last.readOnce();
            if (!wasReplaced()) {
                return last;
            }
        } catch (SQLException e) {
            Sqlite.closeAfter(e, last);
            throw e;
        } catch (IOException e) {
            // then who knows which file it was
        }
        last.close();
        return null;
    }
}
