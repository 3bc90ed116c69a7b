package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/**
 * A database that is read by others while transactions of a replica are applied to it, each whole or not at all.
 *
 * <p>It is in rollback mode: a reader holds SHARED on the file, and a writer EXCLUSIVE, which SQLite takes here with
 * {@code BEGIN EXCLUSIVE}. While it is held, the pages that change are first copied to a rollback journal, which is on disk
 * before the first of them is overwritten. Whoever looks after a crash finds no lock and a journal, and puts them back; the
 * transaction took place when the journal is deleted. What a reader keeps in memory it throws away when the change counter in
 * the first page is another: here it is made of the TXID, so that a write by anybody else, who counts it up, is noticed.
 *
 * <p>POSIX locks belong to the process: the file is opened once here, before SQLite opens it, and closed after it.
 */
final class FollowedDatabase implements AutoCloseable {
    private static final int WRITE_VERSION_AT = 18;
    private static final int READ_VERSION_AT = 19;
    private static final int CHANGES_AT = 24;
    private static final int PAGES_AT = 28;
    private static final int CHANGES_VALID_AT = 92;
    private static final byte ROLLBACK_MODE = 1;
    private static final Duration READERS_MAY_TAKE = Duration.ofSeconds(2);

    private final Path path;
    private final int pageSize;
    private final ByteBuffer page;
    private final RandomAccessFile file;
    private final Connection sqlite;

    /**
     * Opens it. A transaction that a crash cut off is undone at the first {@link #apply}, or by the first reader.
     *
     * @param pageSize of the database, in bytes
     */
    FollowedDatabase(Path path, int pageSize) throws IOException, SQLException {
        this.path = path;
        this.pageSize = pageSize;
        this.page = ByteBuffer.allocate(pageSize);
        this.file = new RandomAccessFile(path.toFile(), "rw");
        try {
            SQLiteConfig config = new SQLiteConfig();
            config.setBusyTimeout(Math.toIntExact(READERS_MAY_TAKE.toMillis()));
            this.sqlite =
                    config.createConnection("jdbc:sqlite:file:" + path.toUri().getRawPath() + "?mode=rw");
        } catch (Throwable e) {
            file.close();
            throw e;
        }
    }

    /** Makes one of a restored database that nobody has open. */
    static void prepare(Path restored, FollowPosition position, long pages) throws IOException {
        ByteBuffer first = ByteBuffer.allocate(position.pageSize());
        try (RandomAccessFile file = new RandomAccessFile(restored.toFile(), "rw")) {
            file.readFully(first.array());
            stamp(first, position.txId(), pages);
            file.seek(0);
            file.write(first.array());
            file.getFD().sync();
        }
    }

    /** Another for each TXID, and not one more for the next. */
    private static int changes(TxId txId) {
        return (int) (txId.value() * 0x9e3779b1L);
    }

    private static void stamp(ByteBuffer first, TxId txId, long pages) {
        first.put(WRITE_VERSION_AT, ROLLBACK_MODE);
        first.put(READ_VERSION_AT, ROLLBACK_MODE);
        first.putInt(CHANGES_AT, changes(txId));
        first.putInt(PAGES_AT, (int) pages);
        first.putInt(CHANGES_VALID_AT, changes(txId));
    }

    /**
     * Applies one file. Applying the same again changes nothing.
     *
     * @param ltx whole, and found right
     * @param before the last transaction that is in the database, or this one
     * @param memory {@link LtxDecoder#MEMORY_BYTES} or more
     * @return false if readers kept it busy
     * @throws RestoreException if anybody else has written to the database
     */
    boolean apply(Path ltx, LtxHeader header, TxId before, ByteBuffer memory) throws IOException, SQLException {
        try (Statement statement = sqlite.createStatement()) {
            try {
                statement.execute("BEGIN EXCLUSIVE");
            } catch (SQLiteException e) {
                if (e.getResultCode() == SQLiteErrorCode.SQLITE_BUSY) {
                    return false;
                }
                throw e;
            }
            try {
                checkUntouched(before, header.maxTxId());
                long pages = file.length() / pageSize;
                try (RollbackJournal journal = new RollbackJournal(path, pageSize, pages)) {
                    copyAside(ltx, header, pages, journal, memory);
                    journal.complete();
                    overwrite(ltx, header, memory);
                    journal.delete();
                }
                return true;
            } finally {
                statement.execute("ROLLBACK"); // nothing was written through SQLite: gives the lock back
            }
        }
    }

    private void checkUntouched(TxId before, TxId next) throws IOException {
        int found = read(1).getInt(CHANGES_AT);
        if (found != changes(before) && found != changes(next)) { // the next one: applied, and not noted before a crash
            throw new RestoreException(
                    "Somebody else has written to %s, which follows a replica: open it read-only. Delete it, and begin again"
                            .formatted(path));
        }
    }

    private void copyAside(Path ltx, LtxHeader header, long pages, RollbackJournal journal, ByteBuffer memory)
            throws IOException {
        journal.add(1, read(1));
        try (FileChannel in = FileChannel.open(ltx);
                LtxDecoder decoder = new LtxDecoder(in, memory.clear())) {
            for (int number = decoder.nextPage(page); number != 0; number = decoder.nextPage(page)) {
                if (number > 1 && number <= pages) {
                    journal.add(number, read(number));
                }
            }
        }
        int lockPage = LockPage.of(pageSize);
        for (long number = header.commit() + 1; number <= pages; number++) {
            if (number != lockPage) {
                journal.add((int) number, read((int) number));
            }
        }
    }

    private void overwrite(Path ltx, LtxHeader header, ByteBuffer memory) throws IOException {
        file.setLength(header.commit() * pageSize);
        read(1);
        stamp(page, header.maxTxId(), header.commit());
        write(1);
        try (FileChannel in = FileChannel.open(ltx);
                LtxDecoder decoder = new LtxDecoder(in, memory.clear())) {
            for (int number = decoder.nextPage(page); number != 0; number = decoder.nextPage(page)) {
                if (number == 1) {
                    stamp(page, header.maxTxId(), header.commit());
                }
                write(number);
            }
        }
        file.getFD().sync();
    }

    private ByteBuffer read(int number) throws IOException {
        file.seek((number - 1L) * pageSize);
        file.readFully(page.array());
        return page.clear();
    }

    private void write(int number) throws IOException {
        file.seek((number - 1L) * pageSize);
        file.write(page.array());
    }

    @Override
    public void close() throws IOException, SQLException {
        try {
            sqlite.close();
        } finally {
            file.close();
        }
    }
}
