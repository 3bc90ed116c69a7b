package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One replica: the files below one folder, or below one prefix of a bucket. Files are created whole, once, never changed,
 * and deleted when no restore needs them; beside them is a record of who may write. For any number of threads.
 *
 * <p>All methods throw {@link StoreException} when the destination fails. None tries again by itself: that, and the
 * pause before it, is the caller's.
 */
public sealed interface ReplicaStore extends AutoCloseable permits FileReplicaStore, S3ReplicaStore {
    /** How many files are deleted at once, as S3 allows. */
    int MOST_DELETED = 1000;

    /** The destination as a URL for messages and status, without secrets. */
    String location();

    /**
     * Gives each file of a level, ascending by (min, max). Things with other names are passed over. Nothing grows with
     * the number of files.
     */
    default void list(int level, Consumer<ReplicaFile> each) throws IOException {
        list(level, TxId.ZERO, each);
    }

    /** Gives those that begin at a TXID or later. */
    void list(int level, TxId from, Consumer<ReplicaFile> each) throws IOException;

    /** Gives the name of each folder directly below: where replicas of several databases are, in any order. */
    void folders(Consumer<String> each) throws IOException;

    /**
     * Opens a file for reading.
     *
     * @param offset where to begin, 0 to the file's size
     * @throws NoSuchFileException when the file is gone
     */
    InputStream open(ReplicaFile file, long offset) throws IOException;

    /**
     * The time in the file's LTX header, as the destination keeps it beside the file. One request in S3, where a
     * listing does not show it.
     *
     * @throws NoSuchFileException when the file is gone
     */
    Instant timestamp(ReplicaFile file) throws IOException;

    /** Copies a local file into the replica, unless one of that name is there. Uses no buffers of the pool. */
    CreateResult create(int level, LtxFileName name, Instant timestamp, Path file) throws IOException;

    /**
     * Begins a file whose length is not known yet. Waits for buffers of the pool, and for other streams where there are
     * too few: so the caller must not hold any buffers itself.
     *
     * @param maxBytes it becomes no longer than that: for a store that must divide it
     * @param spillFolder for such a part of a very long one, which is written there first
     */
    Upload createStreaming(int level, LtxFileName name, Instant timestamp, long maxBytes, Path spillFolder)
            throws IOException;

    /**
     * Deletes files for good; those that are gone already will do. One request. Others may be gone when it fails.
     *
     * @param files at most {@value #MOST_DELETED}
     */
    void delete(List<ReplicaFile> files) throws IOException;

    /** Who may write here. Empty: nobody has taken it yet, or only programs without such a record. One request. */
    Optional<StoredOwner> owner() throws IOException;

    /**
     * Replaces the owner record, the only thing here that ever is. One request, and two more the first time, which find out
     * whether the destination heeds conditions at all.
     *
     * @param before what must be there now; empty: nothing
     * @return what is there now; empty if it is not what was expected
     * @throws StoreException of the kind {@code NO_CONDITIONS} if the destination would overwrite anything
     */
    Optional<StoredOwner> replaceOwner(OwnerRecord next, Optional<StoredOwner> before) throws IOException;

    /**
     * Looks whether the destination is reachable, its bucket or folder is there, and the credentials are right. Writes
     * nothing.
     */
    void check() throws IOException;

    /** How often the destination was asked. */
    RequestCounts requests();

    /** Ends what is still going on. */
    @Override
    void close();
}
