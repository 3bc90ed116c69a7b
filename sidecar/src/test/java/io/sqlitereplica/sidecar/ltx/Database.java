package io.sqlitereplica.sidecar.ltx;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/** A database in memory, as the simplest possible reader of LTX files would have it: a map of pages. */
final class Database {
    private final TreeMap<Integer, byte[]> pages = new TreeMap<>();
    private int pageSize;
    private long commit;

    void apply(Path file, BufferPool pool) throws IOException {
        try (FileChannel channel = FileChannel.open(file);
                LtxDecoder decoder = new LtxDecoder(channel, pool)) {
            apply(decoder);
        }
    }

    private void apply(LtxDecoder decoder) throws IOException {
        LtxHeader header = decoder.header();
        ByteBuffer page = ByteBuffer.allocate(header.pageSize());
        Map<Integer, byte[]> changed = new TreeMap<>();
        for (int number = decoder.nextPage(page); number != 0; number = decoder.nextPage(page)) {
            assertThat(page.remaining()).isEqualTo(header.pageSize());
            changed.put(number, Arrays.copyOf(page.array(), page.remaining()));
        }
        decoder.trailer();
        pages.putAll(changed);
        pages.tailMap((int) header.commit(), false).clear();
        pageSize = header.pageSize();
        commit = header.commit();
    }

    long checksum() {
        long checksum = PageChecksum.FLAG;
        for (Map.Entry<Integer, byte[]> page : pages.entrySet()) {
            checksum ^= PageChecksum.of(page.getKey(), ByteBuffer.wrap(page.getValue()));
        }
        return checksum | PageChecksum.FLAG;
    }

    String sha256() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (int page = 1; page <= commit; page++) {
                digest.update(pages.getOrDefault(page, new byte[pageSize]));
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
