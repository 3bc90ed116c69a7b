package io.sqlitereplica.sidecar.state;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The step to the next position, as the package describes it: first the changed pages, then one of {@link #staged}, {@link
 * #known} and {@link #uploading}. Closed before, it leaves nothing. For one thread.
 */
public final class NextPosition implements AutoCloseable {
    private static final int ENTRIES_IN_BUFFER = 512;

    private final StateFolder state;
    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(ENTRIES_IN_BUFFER * PositionFile.ENTRY_BYTES);
    private final CRC32C crc = new CRC32C();
    private long entries;
    private boolean prepared;

    NextPosition(StateFolder state) throws IOException {
        this.state = state;
        this.channel = FileChannel.open(
                state.nextFile(),
                StandardOpenOption.CREATE,
                StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        channel.position(PositionFile.HEAD_BYTES);
    }

    /** Notes the checksum that a page has from the next position on. Pages ascending are quickest. */
    public void page(int page, long checksum) throws IOException {
        if (!buffer.hasRemaining()) {
            drain();
        }
        buffer.putInt(page).putLong(checksum);
        entries++;
    }

    private void drain() throws IOException {
        buffer.flip();
        crc.update(buffer.duplicate());
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        buffer.clear();
    }

    /**
     * Takes the step, with a staged file. When this returns, the file may be uploaded.
     *
     * @param temporary the file, complete and forced to disk, in the state folder, under a name of the caller's
     */
    public void staged(Position next, Path temporary) throws IOException {
        prepare(next, new Completion.Staged());
        Durable.rename(temporary, state.staged().path(next.txId()));
        Durable.folder(state.folder());
        state.finishNext();
        state.staged().added(next.txId());
    }

    /** Takes the step, with what the replica is known to have. */
    public void known(Position next) throws IOException {
        prepare(next, new Completion.Known());
        Durable.folder(state.folder());
        state.finishNext();
    }

    /**
     * Prepares the step: it is taken when the replica has this file. To be called before the upload is committed, and
     * followed by {@link StateFolder#confirm} or {@link StateFolder#discard}, maybe after a restart.
     */
    public void uploading(Position next, int level, LtxFileName name, long fileChecksum) throws IOException {
        prepare(next, new Completion.Uploaded(level, name, fileChecksum));
        Durable.folder(state.folder());
        state.unconfirmed(new Unconfirmed(next, new Completion.Uploaded(level, name, fileChecksum)));
    }

    private void prepare(Position next, Completion completion) throws IOException {
        drain();
        ByteBuffer head = new PositionFile(next, completion, entries, (int) crc.getValue()).head();
        while (head.hasRemaining()) {
            channel.write(head, head.position());
        }
        channel.force(true);
        channel.close();
        prepared = true;
    }

    /** Forgets the step, unless it was prepared. */
    @Override
    public void close() throws IOException {
        channel.close();
        if (!prepared) {
            state.deleteNext();
        }
    }
}
