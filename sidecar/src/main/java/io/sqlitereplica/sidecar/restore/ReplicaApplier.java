package io.sqlitereplica.sidecar.restore;

import static java.util.Objects.requireNonNull;

import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.LtxFormatException;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.LtxTrailer;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.PageTable;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/**
 * Applies the files of a replica one after the other, and checks of each what can be checked: itself, that it follows, and
 * the checksums of the database before and after it where it carries them.
 */
final class ReplicaApplier {
    private static final int LARGEST_PAGE = 65536;

    private final String location;
    private final PageTable pages;
    private final PageSink sink;
    private final ByteBuffer memory;
    private final ByteBuffer page = ByteBuffer.allocate(LARGEST_PAGE);
    private @Nullable LtxHeader newest;
    private @Nullable ReplicaFile newestFile;
    private long combined;
    private long checkedChecksums;

    /**
     * @param pages empty; has the checksum of each page afterwards
     * @param sink is given the pages
     * @param memory a whole buffer of the pool, which its caller leased, and keeps
     */
    ReplicaApplier(String location, PageTable pages, PageSink sink, ByteBuffer memory) {
        this.location = location;
        this.pages = pages;
        this.sink = sink;
        this.memory = memory;
    }

    /** Is asked before the database grows. */
    @FunctionalInterface
    interface Growth {
        void check(long morePages, int pageSize) throws IOException;
    }

    void apply(ReplicaFile file, ReadableByteChannel content, Growth growth) throws IOException {
        try (LtxDecoder decoder = new LtxDecoder(content, memory.clear())) {
            LtxHeader header = decoder.header();
            checkFollows(file, header);
            if (pages.pageCount() < header.commit()) {
                growth.check(header.commit() - pages.pageCount(), header.pageSize());
                pages.resize((int) header.commit());
            }
            for (int number = decoder.nextPage(page); number != 0; number = decoder.nextPage(page)) {
                replace(number, PageChecksum.of(number, page));
                sink.page(number, page);
            }
            cutOff(header);
            newest = header;
            newestFile = file;
            checkResult(file, header, decoder.trailer());
        } catch (ReplicaDamagedException e) {
            throw e;
        } catch (LtxFormatException e) {
            throw new ReplicaDamagedException(location, file, String.valueOf(e.getMessage()), e);
        }
    }

    private void replace(int number, long checksum) throws IOException {
        combined ^= pages.get(number) ^ checksum;
        pages.set(number, checksum);
    }

    private void cutOff(LtxHeader header) throws IOException {
        for (int number = pages.pageCount(); number > header.commit(); number--) {
            combined ^= pages.get(number);
        }
        pages.resize((int) header.commit());
        sink.resize(header.pageSize(), header.commit());
    }

    private void checkFollows(ReplicaFile file, LtxHeader header) throws IOException {
        if (!header.fileName().equals(file.name())) {
            throw damaged(file, "its header is that of " + header.fileName());
        }
        LtxHeader before = newest;
        if (before == null) {
            if (!header.isSnapshot()) {
                throw damaged(file, "a replica begins with a snapshot");
            }
            return;
        }
        if (header.pageSize() != before.pageSize()) {
            throw damaged(
                    file,
                    "its pages have %d bytes, those of the files before it %d"
                            .formatted(header.pageSize(), before.pageSize()));
        }
        TxId next = before.maxTxId().next();
        if (!header.noChecksum()
                && !header.isSnapshot()
                && header.minTxId().equals(next)
                && header.preApplyChecksum() != checksum()) {
            throw damaged(
                    file,
                    "it continues a database with checksum %016x, but the files before it give %016x"
                            .formatted(header.preApplyChecksum(), checksum()));
        }
    }

    private void checkResult(ReplicaFile file, LtxHeader header, LtxTrailer trailer) throws IOException {
        if (header.noChecksum()) {
            return;
        }
        if (trailer.postApplyChecksum() != checksum()) {
            throw damaged(
                    file,
                    "with it applied the database has checksum %016x instead of %016x"
                            .formatted(checksum(), trailer.postApplyChecksum()));
        }
        checkedChecksums++;
    }

    /** Checks that no page of the database is missing. */
    void checkComplete() throws IOException {
        ReplicaFile last = requireNonNull(newestFile);
        int lockPage = LockPage.of(newest().pageSize());
        for (int number = 1; number <= pages.pageCount(); number++) {
            if (number != lockPage && pages.get(number) == 0) {
                throw damaged(last, "up to it no file has page " + number + " of the database");
            }
        }
    }

    /** The header of the newest file. */
    LtxHeader newest() {
        return requireNonNull(newest, "nothing was applied");
    }

    /** The checksum of the database as it is now. */
    long checksum() {
        return combined | PageChecksum.FLAG;
    }

    /** How many files carried a checksum of the database, which was right. */
    long checkedChecksums() {
        return checkedChecksums;
    }

    private ReplicaDamagedException damaged(ReplicaFile file, String what) {
        return new ReplicaDamagedException(location, file, what, null);
    }
}
