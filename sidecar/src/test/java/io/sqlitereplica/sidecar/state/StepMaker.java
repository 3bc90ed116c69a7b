package io.sqlitereplica.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Arrays;
import java.util.Random;

/** Makes positions with changed pages. */
final class StepMaker {
    private final Random random;
    private long txId;
    private long[] pages = {};
    private long[] previous = {};

    StepMaker(Random random) {
        this.random = random;
    }

    long[] pages() {
        return pages.clone();
    }

    Position next() {
        previous = pages;
        pages = Arrays.copyOf(pages, 1 + random.nextInt(1500));
        long checksum = 0;
        for (int i = 0; i < pages.length; i++) {
            if (pages[i] == 0 || random.nextInt(50) == 0) {
                pages[i] = PageChecksum.FLAG | random.nextLong();
            }
            checksum ^= pages[i];
        }
        return new Position(
                new TxId(++txId),
                Instant.ofEpochMilli(random.nextInt()),
                PageChecksum.FLAG | checksum,
                4096,
                pages.length,
                7,
                new WalPosition(2, 3, 4, 5));
    }

    void changes(NextPosition next) throws IOException {
        for (int i = 0; i < pages.length; i++) {
            if (i >= previous.length || pages[i] != previous[i]) {
                next.page(i + 1, pages[i]);
            }
        }
    }

    Position take(StateFolder state) throws IOException {
        Position position = next();
        try (NextPosition next = state.next()) {
            changes(next);
            Files.write(state.temporaryFile(), new byte[random.nextInt(100)], StandardOpenOption.CREATE);
            next.staged(position, state.temporaryFile());
        }
        return position;
    }

    void upload(StateFolder state, Position position, LtxFileName name) throws IOException {
        try (NextPosition next = state.next()) {
            changes(next);
            next.uploading(position, 9, name, PageChecksum.FLAG | 5);
        }
    }

    void fill(PageTable table) throws IOException {
        for (int i = 0; i < pages.length; i++) {
            table.set(i + 1, pages[i]);
        }
    }

    void assertPages(StateFolder state) throws IOException {
        assertThat(state.pages().pageCount()).isEqualTo(pages.length);
        for (int i = 0; i < pages.length; i++) {
            assertThat(state.pages().get(i + 1)).isEqualTo(pages[i]);
        }
    }
}
