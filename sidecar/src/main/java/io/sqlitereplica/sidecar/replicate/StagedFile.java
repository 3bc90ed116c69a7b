package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.LtxFormatException;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.LtxTrailer;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.StagedFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** A file that waits for its upload. */
record StagedFile(Path path, LtxHeader header, LtxTrailer trailer, long bytes) {
    /**
     * Reads the beginning and the end of one.
     *
     * @throws BrokenOffException.LineageBroken if it is damaged or gone: then only the database has what was in it
     */
    static StagedFile read(StagedFiles staged, TxId txId, BufferPool pool) throws IOException {
        Path path = staged.path(txId);
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                LtxDecoder decoder = new LtxDecoder(channel, pool)) {
            long bytes = channel.size();
            ByteBuffer last = ByteBuffer.allocate(RemoteFile.TRAILER_BYTES);
            channel.read(last, Math.max(0, bytes - RemoteFile.TRAILER_BYTES));
            return new StagedFile(path, decoder.header(), RemoteFile.trailer(last.array(), bytes), bytes);
        } catch (LtxFormatException | NoSuchFileException e) {
            throw lost(txId, e);
        }
    }

    private static IOException lost(TxId txId, IOException e) {
        String what = e instanceof NoSuchFileException ? "is gone" : "is damaged (" + e.getMessage() + ")";
        return new BrokenOffException.LineageBroken(
                new Lineage.WholeDatabase(Optional.empty(), "the staged file of TXID " + txId + " " + what, false));
    }

    /** Is given the number of a page. */
    interface PageVisitor {
        void page(int page) throws IOException;
    }

    /**
     * Reads all of a file, which checks it.
     *
     * @throws BrokenOffException.LineageBroken as {@link #read}
     */
    static void forEachPage(StagedFiles staged, TxId txId, BufferPool pool, PageVisitor visitor) throws IOException {
        try (FileChannel channel = FileChannel.open(staged.path(txId), StandardOpenOption.READ);
                LtxDecoder decoder = new LtxDecoder(channel, pool);
                Scratch scratch = new Scratch()) {
            for (int page = decoder.nextPage(scratch.buffer()); page != 0; page = decoder.nextPage(scratch.buffer())) {
                visitor.page(page);
            }
        } catch (LtxFormatException | NoSuchFileException e) {
            throw lost(txId, e);
        }
    }
}
