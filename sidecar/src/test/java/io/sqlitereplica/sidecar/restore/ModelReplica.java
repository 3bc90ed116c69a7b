package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.LtxEncoder;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** The history of a database as a list of pages for every transaction, and the replica files that it gives. */
final class ModelReplica {
    static final Instant START = Instant.parse("2026-11-23T00:00:00Z");

    private final Path root;
    private final int pageSize;
    private final boolean checksums;
    private final BufferPool pool = new BufferPool(0);
    private final List<TreeMap<Integer, byte[]>> states = new ArrayList<>(List.of(new TreeMap<>()));
    private final List<TreeMap<Integer, byte[]>> changes = new ArrayList<>(List.of(new TreeMap<>()));

    /**
     * @param root of a file replica
     * @param checksums whether files carry checksums of the database
     */
    ModelReplica(Path root, int pageSize, boolean checksums) {
        this.root = root;
        this.pageSize = pageSize;
        this.checksums = checksums;
    }

    /** The next transaction: the database has so many pages then, and these are written. */
    void commit(int pages, Map<Integer, byte[]> written) {
        TreeMap<Integer, byte[]> state = new TreeMap<>(states.getLast());
        state.putAll(written);
        state.tailMap(pages, false).clear();
        TreeMap<Integer, byte[]> change = new TreeMap<>(written);
        change.tailMap(pages, false).clear();
        states.add(state);
        changes.add(change);
    }

    /** A transaction that changes, adds or cuts off a few pages. */
    void commitRandomly(Random random, int mostPages) {
        int before = states.getLast().isEmpty() ? 0 : states.getLast().lastKey();
        int after = random.nextInt(4) == 0 ? 1 + random.nextInt(mostPages) : Math.max(before, 1);
        TreeMap<Integer, byte[]> written = new TreeMap<>();
        for (int page = before + 1; page <= after; page++) {
            written.put(page, page(random));
        }
        for (int i = random.nextInt(5); i >= 0; i--) {
            written.put(1 + random.nextInt(after), page(random));
        }
        commit(after, written);
    }

    byte[] page(Random random) {
        byte[] page = new byte[pageSize];
        random.nextBytes(page);
        if (random.nextBoolean()) {
            Arrays.fill(page, pageSize / 4, pageSize, page[0]);
        }
        return page;
    }

    long last() {
        return states.size() - 1L;
    }

    /** Writes the file with these transactions; from 1 on it is a snapshot. */
    Path write(int level, long min, long max) throws IOException {
        TreeMap<Integer, byte[]> after = states.get((int) max);
        TreeMap<Integer, byte[]> pages = new TreeMap<>();
        if (min == 1) {
            pages.putAll(after);
        } else {
            for (long tx = min; tx <= max; tx++) {
                pages.putAll(changes.get((int) tx));
                pages.keySet().retainAll(after.keySet());
            }
        }
        return write(level, min, max, after.isEmpty() ? 0 : after.lastKey(), pages, checksum(max));
    }

    /** Writes a file that may be wrong. */
    Path write(int level, long min, long max, int commit, SortedMap<Integer, byte[]> pages, long postApply)
            throws IOException {
        LtxHeader header = new LtxHeader(
                pageSize,
                commit,
                new TxId(min),
                new TxId(max),
                START.plusSeconds(max),
                !checksums,
                checksums && min > 1 ? checksum(min - 1) : 0,
                WalRange.NONE,
                0);
        Path file = path(level, min, max);
        Files.createDirectories(file.getParent());
        try (FileChannel out = FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE);
                LtxEncoder encoder = new LtxEncoder(out, header, root, pool)) {
            for (Map.Entry<Integer, byte[]> page : pages.entrySet()) {
                if (page.getKey() != LockPage.of(pageSize)) {
                    encoder.page(page.getKey(), ByteBuffer.wrap(page.getValue()));
                }
            }
            encoder.finish(checksums ? postApply : 0);
        }
        return file;
    }

    Path path(int level, long min, long max) {
        return root.resolve("ltx")
                .resolve(Integer.toString(level))
                .resolve(new LtxFileName(new TxId(min), new TxId(max)).toString());
    }

    long checksum(long tx) {
        long checksum = 0;
        for (Map.Entry<Integer, byte[]> page : states.get((int) tx).entrySet()) {
            checksum ^= PageChecksum.of(page.getKey(), ByteBuffer.wrap(page.getValue()));
        }
        return checksum | PageChecksum.FLAG;
    }

    /** The database file after a transaction. */
    byte[] database(long tx) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        states.get((int) tx).values().forEach(file::writeBytes);
        return file.toByteArray();
    }
}
