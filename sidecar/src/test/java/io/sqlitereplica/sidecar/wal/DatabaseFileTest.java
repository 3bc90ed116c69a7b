package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.buffer.Lease;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseFileTest {
    @TempDir
    Path folder;

    @Test
    void readsAnyRangeWhateverItsAlignment() throws IOException {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        byte[] contents = new byte[512 * 1501];
        random.nextBytes(contents);
        Path path = Files.write(folder.resolve("file"), contents);
        try (DatabaseFile file = new DatabaseFile(path);
                Lease lease = new BufferPool(1 << 20).lease(1)) {
            ByteBuffer buffer = lease.get(0);
            for (int i = 0; i < 500; i++) {
                int unit = random.nextBoolean() ? 512 : 4096;
                int start = unit * random.nextInt(buffer.capacity() / unit);
                int length = Math.min(unit * (1 + random.nextInt(40)), buffer.capacity() - start);
                long offset = (long) unit * random.nextInt(contents.length / unit + 10);
                buffer.clear().position(start).limit(start + length);
                file.read(buffer, offset);
                assertThat(buffer.hasRemaining()).isFalse();
                byte[] read = new byte[length];
                buffer.get(start, read);
                assertThat(read)
                        .as("seed %d, %d bytes from %d to %d", seed, length, offset, start)
                        .isEqualTo(expected(contents, offset, length));
            }
        }
    }

    /** Behind the end of the file a database has zeros. */
    private static byte[] expected(byte[] contents, long offset, int length) {
        int from = (int) Math.min(offset, contents.length);
        int to = (int) Math.min(offset + length, contents.length);
        return Arrays.copyOf(Arrays.copyOfRange(contents, from, to), length);
    }

    @Test
    void failsClosedWhereTheLogEndsTooEarly() throws IOException {
        Path path = Files.write(folder.resolve("file"), new byte[100]);
        try (NativeFile file = NativeFile.open(path)) {
            assertThatThrownBy(() -> file.readFully(ByteBuffer.allocateDirect(101), 0))
                    .isInstanceOf(EOFException.class)
                    .hasMessageContaining("ends at byte 100");
            assertThat(file.size()).isEqualTo(100);
        }
    }

    @Test
    void refusesToReadOnceClosed() throws IOException {
        NativeFile file = NativeFile.open(Files.write(folder.resolve("file"), new byte[100]));
        file.close();
        file.close();
        assertThatThrownBy(() -> file.read(ByteBuffer.allocateDirect(1), 0)).hasMessageContaining("closed");
    }

    @Test
    void readsOnWhenItsThreadIsInterrupted() throws IOException {
        try (NativeFile file = NativeFile.open(Files.write(folder.resolve("file"), new byte[100]))) {
            Thread.currentThread().interrupt();
            assertThat(file.read(ByteBuffer.allocateDirect(10), 0)).isEqualTo(10);
            assertThat(Thread.interrupted()).isTrue();
        }
    }
}
