package io.sqlitereplica.sidecar.wal;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Set;
import org.sqlite.SQLiteErrorCode;

/**
 * Opens a database in the one order that is safe: its own descriptors, then connections, then a reader that begins, then
 * {@code -shm}. What cannot be replicated is refused with a reason.
 */
final class DatabaseOpener {
    private static final byte[] MAGIC = "SQLite format 3\0".getBytes(StandardCharsets.US_ASCII);
    private static final int PAGE_SIZE = 16;
    private static final int WRITE_VERSION = 18;

    /** Their locks, or their shared memory, are not those of the other machines. */
    private static final Set<String> NETWORK_FILE_SYSTEMS =
            Set.of("nfs", "nfs4", "cifs", "smb2", "smb3", "smbfs", "afs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse");

    private final Path database;
    private final BufferPool pool;
    private final WalOptions options;

    DatabaseOpener(Path database, BufferPool pool, WalOptions options) {
        this.database = database;
        this.pool = pool;
        this.options = options;
    }

    WalDatabase open() throws DatabaseRefusedException, SQLException, IOException {
        Path real = realFile();
        DatabaseFile file = new DatabaseFile(real);
        try {
            int pageSize = pageSize(file);
            return open(real, file, pageSize);
        } catch (DatabaseRefusedException | SQLException | IOException | RuntimeException e) {
            file.close(); // the connections are closed by now
            throw e;
        }
    }

    private WalDatabase open(Path real, DatabaseFile file, int pageSize)
            throws DatabaseRefusedException, SQLException, IOException {
        Sqlite first;
        try {
            first = Sqlite.open(real, options.openTimeout());
        } catch (SQLException e) {
            throw refusal(e, real);
        }
        try {
            boolean switched = switchToWal(first, real);
            begin(first, real);
            WalIndex index = new WalIndex(beside(real, "-shm"));
            WalFile log = null;
            try {
                log = new WalFile(beside(real, "-wal"), pageSize);
                return new WalDatabase(database, real, pool, options, file, index, log, first, pageSize, switched);
            } catch (IOException | RuntimeException e) {
                Sqlite.closeAfter(e, first);
                index.close();
                if (log != null) {
                    log.close();
                }
                throw e;
            }
        } catch (DatabaseRefusedException | SQLException | IOException | RuntimeException e) {
            Sqlite.closeAfter(e, first);
            throw e;
        }
    }

    private void begin(Sqlite first, Path real) throws DatabaseRefusedException, SQLException {
        try {
            first.beginRead();
            first.neverWait();
        } catch (SQLException e) {
            throw refusal(e, real);
        }
    }

    private boolean switchToWal(Sqlite connection, Path real) throws DatabaseRefusedException, SQLException {
        String mode;
        try {
            mode = connection.queryText("PRAGMA journal_mode");
        } catch (SQLException e) {
            throw refusal(e, real);
        }
        if (mode.equals("wal")) {
            return false;
        }
        try {
            mode = connection.queryText("PRAGMA journal_mode=WAL");
        } catch (SQLException e) {
            if (Sqlite.isBusy(e)) {
                throw new DatabaseRefusedException(
                        Reason.NOT_WAL,
                        database,
                        "is in journal mode " + mode + ", and in use, so that it could not be switched to WAL. It is"
                                + " tried again; or run PRAGMA journal_mode=WAL in the app",
                        e);
            }
            throw refusal(e, real);
        }
        if (!mode.equals("wal")) {
            throw new DatabaseRefusedException(
                    Reason.NOT_WAL,
                    database,
                    "stays in journal mode " + mode + " when asked for WAL: its file system has no shared memory."
                            + " Put it on a local file system");
        }
        return true;
    }

    /** The file behind symbolic links: SQLite keeps the log beside that one. */
    private Path realFile() throws DatabaseRefusedException, IOException {
        Path folder = database.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new DatabaseRefusedException(
                    Reason.MISSING, database, "its folder does not exist. Check the path, and the volume's mount");
        }
        if (!Files.exists(database)) {
            throw new DatabaseRefusedException(
                    Reason.MISSING, database, "does not exist. It is taken as soon as the app creates it");
        }
        Path real = database.toRealPath();
        if (!Files.isRegularFile(real)) {
            throw new DatabaseRefusedException(
                    Reason.NOT_A_FILE, database, "is not a file. Name the database file itself");
        }
        requirePermission(real);
        String type = Files.getFileStore(real).type();
        if (NETWORK_FILE_SYSTEMS.contains(type)) {
            throw new DatabaseRefusedException(
                    Reason.NETWORK_FILE_SYSTEM,
                    database,
                    "lies on a network file system (" + type + "), where SQLite's locks and shared memory do not hold."
                            + " Put it on a local or block volume");
        }
        return real;
    }

    private void requirePermission(Path real) throws DatabaseRefusedException, IOException {
        for (Path file : new Path[] {real, beside(real, "-wal"), beside(real, "-shm")}) {
            if (Files.exists(file) && !(Files.isReadable(file) && Files.isWritable(file))) {
                throw noPermission(file);
            }
        }
        Path folder = real.getParent();
        if (folder != null && !Files.isWritable(folder) && !Files.exists(beside(real, "-shm"))) {
            throw noPermission(folder);
        }
    }

    DatabaseRefusedException noPermission(Path file) throws IOException {
        return new DatabaseRefusedException(
                Reason.NO_PERMISSION,
                database,
                "we may not read and write " + file + ": it belongs to uid " + Files.getAttribute(file, "unix:uid")
                        + ", and we run as uid " + Files.getAttribute(Path.of("/proc/self"), "unix:uid")
                        + ". Run the sidecar as the user that owns it");
    }

    private int pageSize(DatabaseFile file) throws DatabaseRefusedException, IOException {
        ByteBuffer header = file.header();
        if (header.remaining() == 0) {
            throw new DatabaseRefusedException(
                    Reason.EMPTY, database, "is empty. It is taken as soon as the app has created a table");
        }
        int pageSize = header.remaining() < 100 ? 0 : Short.toUnsignedInt(header.getShort(PAGE_SIZE));
        pageSize = pageSize == 1 ? 65536 : pageSize;
        if (!startsWithMagic(header) || pageSize < 512 || Integer.bitCount(pageSize) != 1) {
            throw new DatabaseRefusedException(
                    Reason.NOT_A_DATABASE,
                    database,
                    "does not start with SQLite's header: it is another kind of file, or encrypted. Encrypted databases"
                            + " cannot be replicated");
        }
        int version = header.get(WRITE_VERSION);
        if (version != 1 && version != 2) {
            throw new DatabaseRefusedException(
                    Reason.NOT_A_DATABASE, database, "has file format version " + version + ", of a later SQLite");
        }
        return pageSize;
    }

    private static boolean startsWithMagic(ByteBuffer header) {
        return header.slice(0, MAGIC.length).mismatch(ByteBuffer.wrap(MAGIC)) < 0;
    }

    /** What SQLite's refusal means for a user; an error that is none is thrown as it is. */
    private DatabaseRefusedException refusal(SQLException e, Path real) throws SQLException {
        if (Sqlite.isBusy(e)) {
            boolean exclusive = Files.exists(beside(real, "-wal")) && !Files.exists(beside(real, "-shm"));
            return new DatabaseRefusedException(
                    Reason.LOCKED,
                    database,
                    (exclusive
                                    ? "the app keeps it locked with locking_mode=EXCLUSIVE"
                                    : "another process keeps it locked: locking_mode=EXCLUSIVE, or a long transaction")
                            + ". Nobody else can read it then: use locking_mode=NORMAL",
                    e);
        }
        if (Sqlite.is(e, SQLiteErrorCode.SQLITE_NOTADB)) {
            return new DatabaseRefusedException(
                    Reason.NOT_A_DATABASE, database, "SQLite says it is not a database: it may be encrypted", e);
        }
        if (Sqlite.is(e, SQLiteErrorCode.SQLITE_CANTOPEN)
                || Sqlite.is(e, SQLiteErrorCode.SQLITE_READONLY)
                || Sqlite.is(e, SQLiteErrorCode.SQLITE_PERM)) {
            return new DatabaseRefusedException(
                    Reason.NO_PERMISSION,
                    database,
                    "SQLite cannot open it for writing (" + e.getMessage() + "). Run the sidecar as the user that owns"
                            + " it, and mount its volume for writing",
                    e);
        }
        throw e;
    }

    static Path beside(Path real, String suffix) {
        return real.resolveSibling(real.getFileName() + suffix);
    }
}
