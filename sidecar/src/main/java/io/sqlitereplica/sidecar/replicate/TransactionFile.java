package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxEncoder;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.state.NextPosition;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.state.StateFolder;
import io.sqlitereplica.sidecar.storage.CreateResult;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.Upload;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * The file of the next TXID being written, together with the step to the position behind it. Closed before it is finished,
 * it leaves nothing.
 */
final class TransactionFile implements AutoCloseable {
    private final ReplicaContext context;
    private final StateFolder state;
    private final Target target;
    private final LtxHeader header;
    private final NextPosition next;
    private final LtxEncoder encoder;
    private long fileChecksum;

    /** Where the file goes. */
    private sealed interface Target extends AutoCloseable {
        WritableByteChannel channel();

        @Override
        void close() throws IOException;
    }

    /** Into the state folder, for the uploader. */
    private record Staged(FileChannel channel, long maxBytes) implements Target {
        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    /** Straight into the destination. */
    private record Streamed(Upload channel, int level) implements Target {
        @Override
        public void close() throws IOException {
            channel.close();
        }
    }

    private TransactionFile(ReplicaContext context, StateFolder state, Target target, LtxHeader header)
            throws IOException {
        this.context = context;
        this.state = state;
        this.target = target;
        this.header = header;
        this.next = state.next();
        try {
            this.encoder = new LtxEncoder(target.channel(), header, state.spillFolder(), context.pool());
        } catch (Throwable e) {
            next.close();
            throw e;
        }
    }

    /** One that is staged, if it does not become larger than that. */
    static TransactionFile staged(ReplicaContext context, StateFolder state, LtxHeader header, long maxBytes)
            throws IOException {
        return closingTarget(
                new Staged(
                        FileChannel.open(
                                state.temporaryFile(),
                                StandardOpenOption.CREATE,
                                StandardOpenOption.TRUNCATE_EXISTING,
                                StandardOpenOption.WRITE),
                        maxBytes),
                target -> new TransactionFile(context, state, target, header));
    }

    /** One that is not: the pages and the position follow when the destination has it. All TXIDs before must be there. */
    static TransactionFile streamed(ReplicaContext context, StateFolder state, int level, LtxHeader header)
            throws IOException {
        return closingTarget(
                new Streamed(
                        context.store()
                                .createStreaming(
                                        level,
                                        header.fileName(),
                                        header.timestamp(),
                                        LtxEncoder.maxBytes(header),
                                        state.spillFolder()),
                        level),
                target -> new TransactionFile(context, state, target, header));
    }

    private interface Opening {
        TransactionFile open(Target target) throws IOException;
    }

    private static TransactionFile closingTarget(Target target, Opening opening) throws IOException {
        try {
            return opening.open(target);
        } catch (Throwable e) {
            target.close();
            throw e;
        }
    }

    /**
     * Adds a page: ascending.
     *
     * @throws BrokenOffException.TooLarge if it is to be staged and has become too large for that
     */
    void page(int page, long checksum, ByteBuffer image) throws IOException {
        encoder.page(page, image);
        next.page(page, checksum);
        if (target instanceof Staged(FileChannel _, long maxBytes) && encoder.bytesWritten() > maxBytes) {
            throw new BrokenOffException.TooLarge();
        }
    }

    /** How many pages were added. */
    long pages() {
        return encoder.pagesWritten();
    }

    /**
     * Ends the file: nothing can be added any more, and its buffers are given back.
     *
     * @param databaseChecksum with this file applied
     */
    void seal(long databaseChecksum) throws IOException {
        fileChecksum = encoder.finish(databaseChecksum).fileChecksum();
        encoder.close();
    }

    /**
     * Takes the step, with the sealed file.
     *
     * @param position behind this file
     * @param since when the oldest commit in it was seen
     * @throws BrokenOffException.LineageBroken if the destination has another file of that name
     * @throws BrokenOffException.Fenced if another writer has taken the destination
     */
    void finish(Position position, Instant since) throws IOException {
        if (fileChecksum == 0) {
            throw new IllegalStateException("The file is not sealed");
        }
        switch (target) {
            case Staged(FileChannel channel, long _) -> {
                Files.setLastModifiedTime(state.temporaryFile(), FileTime.from(since));
                channel.force(true);
                channel.close();
                next.staged(position, state.temporaryFile());
            }
            case Streamed(Upload upload, int level) -> {
                LtxFileName name = header.fileName();
                context.ownership().confirm();
                next.uploading(position, level, name, fileChecksum);
                context.compactor().listAnew();
                // While the destination does not tell whose it is, the step stays open, and the next start asks again.
                if (upload.commit() == CreateResult.EXISTS && !isOurs(level, name)) {
                    Lineage lineage = LineageGuard.onConflict(context, state.writerId(), level, name);
                    state.discard();
                    throw new BrokenOffException.LineageBroken(lineage);
                }
                state.confirm();
                context.status().uploaded(encoder.bytesWritten(), Instant.now());
                context.status().replicated(position.txId());
                if (level == 0) {
                    context.compactor()
                            .uploaded(new ReplicaFile(level, name, encoder.bytesWritten(), header.timestamp()));
                }
            }
        }
        context.status().txId(position.txId());
        context.status().count(StatusBoard.Count.SYNC);
    }

    /** The answer to the commit was lost with its connection, and the HTTP client has sent it once more. */
    private boolean isOurs(int level, LtxFileName name) throws IOException {
        return RemoteFile.find(context.store(), level, name, context.pool())
                .filter(theirs -> theirs.trailer().fileChecksum() == fileChecksum)
                .isPresent();
    }

    @Override
    public void close() throws IOException {
        try (target;
                next) {
            encoder.close();
        } finally {
            Files.deleteIfExists(state.temporaryFile());
        }
    }
}
