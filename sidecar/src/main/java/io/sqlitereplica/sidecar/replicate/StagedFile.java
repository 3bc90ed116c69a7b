package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.LtxTrailer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A file that waits for its upload. */
record StagedFile(Path path, LtxHeader header, LtxTrailer trailer, long bytes) {
    static StagedFile read(Path path, BufferPool pool) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                LtxDecoder decoder = new LtxDecoder(channel, pool)) {
            long bytes = channel.size();
            ByteBuffer last = ByteBuffer.allocate(RemoteFile.TRAILER_BYTES);
            channel.read(last, Math.max(0, bytes - RemoteFile.TRAILER_BYTES));
            return new StagedFile(path, decoder.header(), RemoteFile.trailer(last.array(), bytes), bytes);
        }
    }

    /** Is given the number of a page. */
    interface PageVisitor {
        void page(int page) throws IOException;
    }

    /** Reads all of a file, which checks it. */
    static void forEachPage(Path path, BufferPool pool, PageVisitor visitor) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                LtxDecoder decoder = new LtxDecoder(channel, pool);
                Scratch scratch = new Scratch()) {
            for (int page = decoder.nextPage(scratch.buffer()); page != 0; page = decoder.nextPage(scratch.buffer())) {
                visitor.page(page);
            }
        }
    }
}
