package io.sqlitereplica.sidecar.ltx;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A file that is merged: its decoder and the page it is at. */
final class MergeInput {
    private final LtxDecoder decoder;
    private final ByteBuffer page;
    private int pageNumber;

    MergeInput(LtxDecoder decoder, ByteBuffer page) {
        this.decoder = decoder;
        this.page = page;
    }

    /** Goes to the next page. */
    void advance() throws IOException {
        pageNumber = decoder.nextPage(page);
    }

    /** The number of the page it is at; 0 before the first and after the last. */
    int pageNumber() {
        return pageNumber;
    }

    ByteBuffer page() {
        return page;
    }

    LtxHeader header() {
        return decoder.header();
    }

    LtxTrailer trailer() {
        return decoder.trailer();
    }

    /** Of those that are at the lowest page number, the last; null if all are at their end. */
    static @Nullable MergeInput newestOfLowest(List<MergeInput> oldestFirst) {
        MergeInput best = null;
        for (MergeInput input : oldestFirst) {
            if (input.pageNumber != 0 && (best == null || input.pageNumber <= best.pageNumber)) {
                best = input;
            }
        }
        return best;
    }
}
