package io.sqlitereplica.sidecar.ltx;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Merges LTX files into one, as a stream: of each page the newest version, of those that the last file leaves in the
 * database. Every input is read to its end and checked before the output is finished, and the checksums of the database
 * must lead from each to the next, where both have them.
 *
 * <p>Whether the inputs hold every page that the database gained in between is not looked at, unless the first is a
 * snapshot: then a missing page is an error.
 */
public final class LtxMerger {
    /** At most so many files are merged at once. */
    public static final int MAX_INPUTS = 8;

    private static final int PAGE_BYTES = 64 * 1024;
    private static final int PAGES_IN_BUFFER = BufferPool.BUFFER_BYTES / PAGE_BYTES;
    private static final int WINDOWS_IN_BUFFER = BufferPool.BUFFER_BYTES / LtxDecoder.MEMORY_BYTES;

    private LtxMerger() {}

    /** A merged file: what it starts and ends with, and its size. */
    public record Merged(LtxHeader header, LtxTrailer trailer, long pages, long bytes) {}

    /**
     * Makes one file of files whose TXIDs follow each other without a gap. It gets the first TXID of the first, and the
     * last TXID, the size of the database and the timestamp of the last; it names no WAL and no node.
     *
     * @param oldestFirst 1 to 8 files, in blocking mode; not closed
     * @param out as for {@link LtxEncoder}
     * @param spillFolder as for {@link LtxEncoder}
     * @param pool lends up to 6 buffers, in one lease
     * @throws LtxFormatException if an input is damaged, or they do not follow each other
     */
    public static Merged compact(
            List<? extends ReadableByteChannel> oldestFirst, WritableByteChannel out, Path spillFolder, BufferPool pool)
            throws IOException {
        return merge(oldestFirst, out, spillFolder, pool, MergeRule.COMPACTION);
    }

    /**
     * Makes one file of the pieces of one transaction: files which all have the same TXIDs. As {@link #compact}, but it
     * names the node of the last piece, and the range of the WAL from the first piece to the end of the last; if the
     * WAL was restarted in between, that of the last piece.
     */
    public static Merged join(
            List<? extends ReadableByteChannel> oldestFirst, WritableByteChannel out, Path spillFolder, BufferPool pool)
            throws IOException {
        return merge(oldestFirst, out, spillFolder, pool, MergeRule.PIECES);
    }

    private static Merged merge(
            List<? extends ReadableByteChannel> oldestFirst,
            WritableByteChannel out,
            Path spillFolder,
            BufferPool pool,
            MergeRule rule)
            throws IOException {
        int inputs = oldestFirst.size();
        if (inputs < 1 || inputs > MAX_INPUTS) {
            throw new IllegalArgumentException("Can merge 1 to %d files, not %d".formatted(MAX_INPUTS, inputs));
        }
        try (Lease lease = pool.lease(buffersFor(inputs))) {
            List<MergeInput> opened = open(oldestFirst, lease);
            LtxHeader header =
                    rule.header(opened.stream().map(MergeInput::header).toList());
            try (LtxEncoder encoder = new LtxEncoder(out, header, spillFolder, lease.get(0))) {
                mergePages(opened, header, encoder);
                checkChecksums(opened);
                long missing = header.pagesOfSnapshot() - encoder.pagesWritten();
                if (header.isSnapshot() && missing != 0) {
                    throw new LtxFormatException(missing + " pages are in none of the merged files", 0)
                            .in(header.fileName());
                }
                long postApply =
                        header.noChecksum() ? 0 : opened.getLast().trailer().postApplyChecksum();
                LtxTrailer trailer = encoder.finish(postApply);
                return new Merged(header, trailer, encoder.pagesWritten(), encoder.bytesWritten());
            }
        }
    }

    /** One for the encoder; then for each input a page and a window. */
    static int buffersFor(int inputs) {
        return 1 + Math.ceilDiv(inputs, PAGES_IN_BUFFER) + Math.ceilDiv(inputs, WINDOWS_IN_BUFFER);
    }

    private static List<MergeInput> open(List<? extends ReadableByteChannel> channels, Lease lease) throws IOException {
        int firstWindow = 1 + Math.ceilDiv(channels.size(), PAGES_IN_BUFFER);
        List<MergeInput> inputs = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            ByteBuffer page = lease.get(1 + i / PAGES_IN_BUFFER).slice(i % PAGES_IN_BUFFER * PAGE_BYTES, PAGE_BYTES);
            ByteBuffer window = lease.get(firstWindow + i / WINDOWS_IN_BUFFER)
                    .slice(i % WINDOWS_IN_BUFFER * LtxDecoder.MEMORY_BYTES, LtxDecoder.MEMORY_BYTES);
            inputs.add(new MergeInput(new LtxDecoder(channels.get(i), window), page));
        }
        return inputs;
    }

    private static void mergePages(List<MergeInput> oldestFirst, LtxHeader header, LtxEncoder out) throws IOException {
        for (MergeInput input : oldestFirst) {
            input.advance();
        }
        for (MergeInput newest = MergeInput.newestOfLowest(oldestFirst);
                newest != null;
                newest = MergeInput.newestOfLowest(oldestFirst)) {
            int pageNumber = newest.pageNumber();
            if (pageNumber <= header.commit()) {
                out.page(pageNumber, newest.page());
            }
            for (MergeInput input : oldestFirst) {
                if (input.pageNumber() == pageNumber) {
                    input.advance();
                }
            }
        }
    }

    private static void checkChecksums(List<MergeInput> oldestFirst) throws LtxFormatException {
        for (int i = 1; i < oldestFirst.size(); i++) {
            MergeInput before = oldestFirst.get(i - 1);
            MergeInput after = oldestFirst.get(i);
            long left = before.trailer().postApplyChecksum();
            long expected = after.header().preApplyChecksum();
            if (left != 0 && expected != 0 && left != expected) {
                throw new LtxFormatException(
                                "it applies to a database with checksum %016x, but %s leaves one with %016x"
                                        .formatted(expected, before.header().fileName(), left),
                                LtxHeader.PRE_APPLY_CHECKSUM_AT)
                        .in(after.header().fileName());
            }
        }
    }

    /** No merged file is longer: pages keep about their length, and offsets in the index take a few bytes more. */
    public static long maxBytes(long inputBytes) {
        return 2 * inputBytes;
    }
}
