package io.sqlitereplica.sidecar.ltx;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** Small LTX files for tests. */
final class LtxFiles {
    static final Instant TIME = Instant.ofEpochMilli(1_795_396_147_329L);

    private LtxFiles() {}

    /** Random numbers that come again with {@code -Dseed=…}, from what was printed. */
    static Random random(String test) {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println(test + ": -Dseed=" + seed);
        return new Random(seed);
    }

    /** A header without checksums of the database, as Litestream's. */
    static LtxHeader header(int pageSize, long commit, long min, long max) {
        return new LtxHeader(pageSize, commit, new TxId(min), new TxId(max), TIME, true, 0, WalRange.NONE, 0);
    }

    static byte[] encode(LtxHeader header, long postApplyChecksum, SortedMap<Integer, byte[]> pages, BufferPool pool)
            throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Path nowhere = Path.of("no index of these files is large enough to be spilled");
        try (LtxEncoder encoder = new LtxEncoder(Channels.newChannel(out), header, nowhere, pool)) {
            for (var page : pages.entrySet()) {
                encoder.page(page.getKey(), ByteBuffer.wrap(page.getValue()));
            }
            encoder.finish(postApplyChecksum);
        }
        return out.toByteArray();
    }

    static ReadableByteChannel channel(byte[] file) {
        return Channels.newChannel(new ByteArrayInputStream(file));
    }

    /** What a file says, all of it. */
    record Content(LtxHeader header, SortedMap<Integer, ByteBuffer> pages, LtxTrailer trailer) {}

    static Content decode(byte[] file, BufferPool pool) throws IOException {
        return decode(channel(file), pool);
    }

    static Content decode(ReadableByteChannel channel, BufferPool pool) throws IOException {
        try (LtxDecoder decoder = new LtxDecoder(channel, pool)) {
            TreeMap<Integer, ByteBuffer> pages = new TreeMap<>();
            ByteBuffer page = ByteBuffer.allocateDirect(decoder.header().pageSize());
            for (int number = decoder.nextPage(page); number != 0; number = decoder.nextPage(page)) {
                byte[] copy = new byte[page.remaining()];
                page.get(copy);
                pages.put(number, ByteBuffer.wrap(copy));
            }
            return new Content(decoder.header(), pages, decoder.trailer());
        }
    }

    /** A page that compresses well, not at all, to nothing, or in parts. */
    static byte[] page(int pageSize, Random random) {
        byte[] page = new byte[pageSize];
        switch (random.nextInt(4)) {
            case 0 -> random.nextBytes(page);
            case 1 -> {
                for (int i = 0; i < pageSize; i++) {
                    page[i] = (byte) ("a row of text ".charAt(i % 14) + (random.nextInt(40) == 0 ? 1 : 0));
                }
            }
            case 2 -> {
                byte[] part = new byte[pageSize / 3];
                random.nextBytes(part);
                System.arraycopy(part, 0, page, pageSize / 2, part.length);
            }
            default -> {
                // zeros
            }
        }
        return page;
    }
}
