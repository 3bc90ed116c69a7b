package io.sqlitereplica.sidecar.state;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The state folder of one database, locked. See the package for what is in it. All but {@link #staged} is for one
 * thread.
 */
public final class StateFolder implements AutoCloseable {
    static final String POSITION = "position";
    static final String NEXT = "position.next";
    static final String PAGES = "pages";
    private static final String LOCK = "lock";
    private static final String SPILL = "spill";

    private final Path folder;
    private final FileChannel lockFile;
    private final WriterId writer;
    private final StagedFiles staged;
    private final List<String> findings;
    private @Nullable Position position;
    private @Nullable Unconfirmed unconfirmed;
    private PageTable pages;

    private StateFolder(Path folder, FileChannel lockFile) throws IOException {
        this.folder = folder;
        this.lockFile = lockFile;
        this.writer = WriterId.of(folder);
        this.staged = new StagedFiles(folder);
        Files.createDirectories(spillFolder());
        emptySpillFolder();
        Recovery recovery = new Recovery(folder, staged);
        this.position = recovery.position();
        this.unconfirmed = recovery.unconfirmed();
        this.findings = recovery.findings();
        this.pages = PageTable.open(folder.resolve(PAGES));
    }

    /** Where the state of a database is: {@code .<file name>-sqlitereplica} beside it. */
    public static Path beside(Path database) {
        return database.resolveSibling("." + database.getFileName() + "-sqlitereplica");
    }

    /** Where its temporary files are; they are gone after a restart. */
    public static Path spillBeside(Path database) {
        return beside(database).resolve(SPILL);
    }

    /**
     * Opens the folder, makes it where it is missing, with the folders above it (a new volume is empty), and finishes what a
     * crash left unfinished.
     *
     * @throws StateLockedException if another sidecar has it
     */
    public static StateFolder open(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            Files.createDirectories(requireNonNull(folder.toAbsolutePath().getParent()));
            Files.createDirectory(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        FileChannel lockFile =
                FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            lock(folder, lockFile);
            return new StateFolder(folder, lockFile);
        } catch (Throwable e) {
            lockFile.close();
            throw e;
        }
    }

    private static void lock(Path folder, FileChannel lockFile) throws IOException {
        FileLock lock;
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            throw new StateLockedException(folder);
        }
        if (lock == null) {
            throw new StateLockedException(folder);
        }
    }

    private void emptySpillFolder() throws IOException {
        empty(spillFolder());
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.tmp")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private static void empty(Path folder) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder)) {
            for (Path file : files) {
                if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
                    empty(file);
                }
                Files.deleteIfExists(file);
            }
        }
    }

    /** What was found broken at the opening and what was done about it; usually nothing. */
    public List<String> findings() {
        return findings;
    }

    /** Who writes the replica: drawn once for this folder, never 0. It stands in the node id of LTX files. */
    public long writerId() {
        return writer.value();
    }

    /** How far the replica is; empty before the first snapshot, or when nothing here could be trusted. */
    public Optional<Position> position() {
        return Optional.ofNullable(position);
    }

    /** The checksum of each page at {@link #position}, or 0. Not to be changed but by a {@link NextPosition}. */
    public PageTable pages() {
        return pages;
    }

    /** The level 0 files that wait for their upload. */
    public StagedFiles staged() {
        return staged;
    }

    /** For temporary files, which are gone after a restart. */
    public Path spillFolder() {
        return folder.resolve(SPILL);
    }

    /** Where to write a file that is to be staged; gone after a restart if it is not. */
    public Path temporaryFile() {
        return folder.resolve("staging.tmp");
    }

    /** Whether the database is being replaced by what the replica has. */
    public ReplacementMark replacement() {
        return new ReplacementMark(folder);
    }

    /** A step that waits for {@link #confirm} or {@link #discard}. */
    public Optional<Unconfirmed> unconfirmed() {
        return Optional.ofNullable(unconfirmed);
    }

    void unconfirmed(Unconfirmed step) {
        unconfirmed = step;
    }

    /** Begins the step to the next position. */
    public NextPosition next() throws IOException {
        if (unconfirmed != null) {
            throw new IllegalStateException("A step waits for its confirmation");
        }
        return new NextPosition(this);
    }

    /** The replica has the file of the unconfirmed step: the step is taken. */
    public void confirm() throws IOException {
        finishNext();
    }

    /** The replica does not have the file of the unconfirmed step: there was no such step. */
    public void discard() throws IOException {
        unconfirmed = null;
        deleteNext();
    }

    /** Steps 4 and 5. */
    void finishNext() throws IOException {
        position = Recovery.finish(folder, pages);
        unconfirmed = null;
    }

    void deleteNext() throws IOException {
        Files.deleteIfExists(nextFile());
    }

    /**
     * Forgets everything but the writer's id, durably: the database is about to become another.
     *
     * <p>The position goes first: without it, the rest is nothing.
     */
    public void clear() throws IOException {
        Files.deleteIfExists(folder.resolve(POSITION));
        deleteNext();
        Durable.folder(folder);
        position = null;
        unconfirmed = null;
        staged.deleteAll();
        pages.resize(0);
        pages.force();
        Durable.folder(folder);
    }

    /**
     * Begins anew with a table of pages made elsewhere: the state of a database that was restored, or found equal to a
     * replica.
     *
     * @param table a {@link PageTable}, forced and closed, in {@link #spillFolder}; it is moved
     */
    public void install(Path table, Position start) throws IOException {
        clear();
        pages.close();
        Durable.rename(table, folder.resolve(PAGES));
        pages = PageTable.open(folder.resolve(PAGES));
        OptionalLong checksum = pages.databaseChecksum(start.pageSize());
        if (pages.pageCount() != start.pageCount()
                || (checksum.isPresent() && checksum.getAsLong() != start.databaseChecksum())) {
            throw new IllegalArgumentException("The table of pages is not that of the position " + start);
        }
        try (NextPosition next = next()) {
            next.known(start);
        }
    }

    /**
     * Goes back to a TXID that is uploaded, or will be, and deletes the staged files behind it.
     *
     * <p>First every page that they change becomes unknown, so that a comparison with the database ships it again
     * whatever it is then; the files go last. A crash in between leaves unknown pages too many.
     *
     * @param backTo the position after that TXID, but for the WAL
     * @param changed gives the numbers of those pages, or of more
     */
    public void dropStagedAfter(Position backTo, ChangedPages changed) throws IOException {
        changed.forEach(page -> {
            if (page <= pages.pageCount()) {
                pages.set(page, 0);
            }
        });
        pages.force();
        try (NextPosition next = next()) {
            next.known(backTo.withoutWal());
        }
        staged.deleteAfter(backTo.txId());
        Durable.folder(folder);
    }

    /** Deletes all staged files: the whole database is about to be shipped. */
    public void dropAllStaged() throws IOException {
        staged.deleteAll();
        Durable.folder(folder);
    }

    /**
     * Moves all staged files into a folder of their own, durably: the replica cannot take them, and there is no database that
     * has what is in them.
     *
     * @return that folder; empty if nothing is staged
     */
    public Optional<Path> setStagedAside() throws IOException {
        if (staged.oldest().isEmpty()) {
            return Optional.empty();
        }
        Path aside = Recovery.newFolder(folder, "unshipped");
        staged.moveAll(aside);
        Durable.folder(aside);
        Durable.folder(folder);
        return Optional.of(aside);
    }

    /** Forgets what the replica's pages are: the next comparison ships the whole database. */
    public void forgetPages() throws IOException {
        Position now = position().orElseThrow();
        pages.resize(0);
        pages.resize(now.pageCount());
        pages.force();
    }

    /** The numbers of pages, one after the other. */
    @FunctionalInterface
    public interface ChangedPages {
        /** Gives each. */
        void forEach(PageVisitor visitor) throws IOException;
    }

    /** Is given the number of a page. */
    @FunctionalInterface
    public interface PageVisitor {
        void visit(int page) throws IOException;
    }

    Path folder() {
        return folder;
    }

    Path nextFile() {
        return folder.resolve(NEXT);
    }

    /** Lets go of the lock. */
    @Override
    public void close() throws IOException {
        try (lockFile) {
            pages.close();
        }
    }
}
