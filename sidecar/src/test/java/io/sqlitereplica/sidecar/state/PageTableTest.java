package io.sqlitereplica.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.ltx.LockPage;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageTableTest {
    @TempDir
    private Path folder;

    @Test
    void keepsWhatAnArrayWouldKeep() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("PageTableTest seed " + seed);
        Random random = new Random(seed);
        long[] expected = new long[5000];
        Path file = folder.resolve("pages");
        PageTable table = PageTable.open(file);
        int pages = 0;
        for (int i = 0; i < 20_000; i++) {
            int page = 1 + random.nextInt(expected.length);
            switch (random.nextInt(20)) {
                case 0 -> {
                    pages = random.nextInt(expected.length);
                    table.resize(pages);
                    java.util.Arrays.fill(expected, pages, expected.length, 0);
                }
                case 1 -> {
                    table.close();
                    assertThat(Files.size(file)).isEqualTo(8L * pages);
                    table = PageTable.open(file);
                }
                case 2, 3, 4, 5, 6, 7, 8 -> {
                    expected[page - 1] = random.nextLong();
                    pages = Math.max(pages, page);
                    table.set(page, expected[page - 1]);
                }
                default -> assertThat(table.get(page)).isEqualTo(expected[page - 1]);
            }
            assertThat(table.pageCount()).isEqualTo(pages);
        }
        table.close();
    }

    @Test
    void combinesAllPagesButTheLockPage() throws Exception {
        try (PageTable table = PageTable.open(folder.resolve("pages"))) {
            assertThat(table.databaseChecksum(65536)).hasValue(PageChecksum.FLAG);
            int lockPage = LockPage.of(65536);
            long expected = 0;
            for (int page = 1; page <= lockPage + 1; page++) {
                if (page != lockPage) {
                    table.set(page, PageChecksum.FLAG | page * 7919L);
                    expected ^= page * 7919L;
                }
            }
            assertThat(table.databaseChecksum(65536)).hasValue(PageChecksum.FLAG | expected);
        }
    }

    @Test
    void hasNoDatabaseChecksumWhileAPageIsUnknown() throws Exception {
        try (PageTable table = PageTable.open(folder.resolve("pages"))) {
            table.set(1, PageChecksum.FLAG | 1);
            table.set(3, PageChecksum.FLAG | 3);

            assertThat(table.databaseChecksum(4096)).isEmpty();
        }
    }
}
