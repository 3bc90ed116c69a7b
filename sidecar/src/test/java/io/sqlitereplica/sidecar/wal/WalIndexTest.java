package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalIndexTest {
    private static final ByteOrder NATIVE = ByteOrder.nativeOrder();

    @TempDir
    Path folder;

    private Path path;
    private ByteBuffer bytes;

    @BeforeEach
    void makeHeader() {
        path = folder.resolve("app.db-shm");
        bytes = ByteBuffer.allocate(32768).order(NATIVE);
        bytes.putInt(0, 3_007_000).putInt(8, 42).put(12, (byte) 1);
        bytes.putShort(14, (short) 4096).putInt(16, 1042).putInt(20, 77);
        bytes.putInt(24, 0x11121314).putInt(28, 0x21222324);
        bytes.order(ByteOrder.BIG_ENDIAN).putLong(32, 0x9e3779b97f4a7c15L).order(NATIVE);
        bytes.putInt(96, 900);
        bytes.putInt(100, 0).putInt(104, 900).putInt(108, 1042).putInt(112, -1).putInt(116, -1);
        seal();
    }

    private void seal() {
        WalChecksum checksum = new WalChecksum(NATIVE);
        checksum.add(bytes, 0, 40);
        bytes.putInt(40, checksum.first()).putInt(44, checksum.second());
        bytes.put(48, bytes, 0, 48);
    }

    private PublishedHeader look() throws Exception {
        Files.write(path, bytes.array());
        try (WalIndex index = new WalIndex(path)) {
            PublishedHeader header = index.look();
            if (header == null) {
                throw new IllegalStateException("torn");
            }
            return header;
        }
    }

    private void assertTorn() {
        assertThatThrownBy(this::look).isInstanceOf(IllegalStateException.class).hasMessage("torn");
    }

    @Test
    void readsEveryField() throws Exception {
        assertThat(look())
                .isEqualTo(new PublishedHeader(
                        0x9e3779b97f4a7c15L,
                        1042,
                        77,
                        0x11121314,
                        0x21222324,
                        4096,
                        900,
                        new PublishedHeader.ReadMarks(900, 1042, -1, -1)));
        assertThat(look().position()).isEqualTo(new WalPosition(0x9e3779b97f4a7c15L, 1042, 0x11121314, 0x21222324));
        assertThat(look()).hasToString("9e3779b97f4a7c15:1042 (backfilled 900, 77 pages)");
    }

    @Test
    void readsThePageSizeThatDoesNotFitIntoItsField() throws Exception {
        bytes.putShort(14, (short) 1);
        seal();
        assertThat(look().pageSize()).isEqualTo(65536);
        bytes.putShort(14, (short) 32768);
        seal();
        assertThat(look().pageSize()).isEqualTo(32768);
    }

    @Test
    void takesNoChecksumFromALogWithoutFrames() throws Exception {
        bytes.putInt(16, 0);
        seal();
        assertThat(look().position()).isEqualTo(WalPosition.startOf(0x9e3779b97f4a7c15L));
    }

    @Test
    void countsPagesAsUnsigned() throws Exception {
        bytes.putInt(20, -2);
        seal();
        assertThat(look().pageCount()).isEqualTo(4294967294L);
    }

    @Test
    void seesThatAWriterIsAtIt() {
        bytes.putInt(16, 1043);
        assertTorn();
        seal();
        bytes.put(12, (byte) 0);
        seal();
        assertTorn();
        makeHeader();
        bytes.putInt(16, 1043).putInt(48 + 16, 1043); // both copies, but not their checksum
        assertTorn();
        makeHeader();
        bytes = ByteBuffer.allocate(3);
        assertTorn();
    }

    @Test
    void refusesMoreFramesThanItCanCount() {
        bytes.putInt(16, -1);
        seal();
        assertThatThrownBy(this::look).isInstanceOf(WalDamagedException.class).hasMessageContaining("4294967295");
    }
}
