package io.sqlitereplica.sidecar.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 4096, 65536})
    void writesPagesInAnyOrderWhereTheyBelong(int pageSize) throws IOException {
        Random random = new Random(pageSize);
        int pages = 3_000_000 / pageSize + 1;
        byte[] expected = new byte[pages * pageSize];
        random.nextBytes(expected);
        Path path = folder.resolve("database");

        try (Lease memory = new BufferPool(0).lease(1);
                DatabaseFile file = new DatabaseFile(path, memory.get(0))) {
            for (int page = 1; page <= pages; page++) {
                file.page(page, ByteBuffer.wrap(expected, (page - 1) * pageSize, pageSize));
            }
            file.resize(pageSize, pages);
            for (int i = 0; i < 100; i++) {
                int page = 1 + random.nextInt(pages);
                byte[] changed = new byte[pageSize];
                random.nextBytes(changed);
                System.arraycopy(changed, 0, expected, (page - 1) * pageSize, pageSize);
                file.page(page, ByteBuffer.wrap(changed));
            }
            file.force();
            if (Files.getFileStore(path).type().matches("ext4|xfs")) {
                assertThat(file.directBytes()).isGreaterThan(2_500_000);
            }
        }

        assertThat(Files.readAllBytes(path)).isEqualTo(expected);
    }

    @Test
    void cutsOffAndGrowsAgainWithZeros() throws IOException {
        Path path = folder.resolve("database");
        byte[] page = new byte[512];
        Arrays.fill(page, (byte) 7);

        try (Lease memory = new BufferPool(0).lease(1);
                DatabaseFile file = new DatabaseFile(path, memory.get(0))) {
            for (int number = 1; number <= 5; number++) {
                file.page(number, ByteBuffer.wrap(page));
            }
            file.resize(512, 2);
            file.page(4, ByteBuffer.wrap(page));
            file.resize(512, 6);
            file.force();
        }

        byte[] expected = new byte[6 * 512];
        Arrays.fill(expected, 0, 2 * 512, (byte) 7);
        Arrays.fill(expected, 3 * 512, 4 * 512, (byte) 7);
        assertThat(Files.readAllBytes(path)).isEqualTo(expected);
    }
}
