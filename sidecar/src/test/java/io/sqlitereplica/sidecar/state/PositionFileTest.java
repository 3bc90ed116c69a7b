package io.sqlitereplica.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.wal.WalPosition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PositionFileTest {
    @TempDir
    private Path folder;

    private static final Position WITH_WAL = new Position(
            new TxId(0x1f),
            Instant.parse("2026-11-23T01:17:37.317Z"),
            PageChecksum.FLAG | 0x123456789L,
            65536,
            Integer.MAX_VALUE,
            Long.MAX_VALUE,
            new WalPosition(-0x123456789L, 1300, 0, -77));

    @Test
    void readsBackWhatItWrote() throws Exception {
        for (Position position : List.of(WITH_WAL, WITH_WAL.withoutWal())) {
            for (Completion completion : List.of(
                    new Completion.Staged(),
                    new Completion.Known(),
                    new Completion.Uploaded(9, new LtxFileName(new TxId(1), new TxId(Long.MAX_VALUE)), -1))) {
                PositionFile file = new PositionFile(position, completion, Long.MAX_VALUE, -5);
                Files.write(folder.resolve("p"), file.head().array());

                assertThat(PositionFile.read(folder.resolve("p"))).contains(file);
            }
        }
    }

    @Test
    void trustsNoChangedByteAndNoShorterFile() throws Exception {
        byte[] whole =
                new PositionFile(WITH_WAL, new Completion.Staged(), 0, 0).head().array();
        Path file = folder.resolve("p");
        int textBytes = new String(whole, java.nio.charset.StandardCharsets.US_ASCII)
                .strip()
                .length();
        for (int i = 0; i < textBytes; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            Files.write(file, changed);
            assertThat(PositionFile.read(file)).as("byte %d", i).isEmpty();
        }
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertThat(PositionFile.read(file)).as("length %d", length).isEmpty();
        }
    }

    @Test
    void doesNotReadAnotherVersion() throws Exception {
        Path file = folder.resolve("p");
        String text = "SqliteReplica position, version 2\n";
        Files.writeString(file, text + "\n".repeat(PositionFile.HEAD_BYTES - text.length()));

        assertThat(PositionFile.read(file)).isEmpty();
    }
}
