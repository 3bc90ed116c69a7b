package io.sqlitereplica.sidecar.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.sqlitereplica.sidecar.testing.Mutator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A state folder with any bytes in its files: it opens, and what it then says fits together, or it says nothing. */
class DamagedStateTest {
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 400);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    private Path temporary;

    private final Mutator mutator = new Mutator("DamagedStateTest");
    private final Map<String, byte[]> files = new HashMap<>();
    private Path folder;
    private Position position;

    @BeforeEach
    void makeState() throws Exception {
        folder = StateFolder.beside(temporary.resolve("orders.db"));
        StepMaker steps = new StepMaker(new Random(1));
        try (StateFolder state = StateFolder.open(folder)) {
            position = steps.take(state);
            for (int i = 0; i < 4; i++) {
                position = steps.take(state);
            }
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
            for (Path file : found) {
                if (Files.isRegularFile(file)) {
                    files.put(file.getFileName().toString(), Files.readAllBytes(file));
                }
            }
        }
    }

    @Test
    void opensWhateverItsFilesHold() {
        List<String> names = new ArrayList<>(files.keySet());
        names.add(StateFolder.NEXT);
        Random random = mutator.random();

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                putBack();
                String name = names.get(random.nextInt(names.size()));
                byte[] original =
                        requireNonNull(files.get(name.equals(StateFolder.NEXT) ? StateFolder.POSITION : name));
                Files.write(folder.resolve(name), mutator.damage(original));
                assertFitsTogether("round " + round + ", " + name);
            }
        });
    }

    /** Someone edited the text, or another version wrote it: the checksum is right, the fields are not. */
    @Test
    void trustsNoPositionForItsChecksumAlone() {
        String head = new String(requireNonNull(files.get(StateFolder.POSITION)), StandardCharsets.US_ASCII);
        String text = head.substring(0, head.indexOf("crc32c="));

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                putBack();
                byte[] edited = mutator.damage(text.getBytes(StandardCharsets.US_ASCII));
                Files.write(folder.resolve(StateFolder.POSITION), withChecksum(edited));
                assertFitsTogether("round " + round + ", " + new String(edited, StandardCharsets.ISO_8859_1));
            }
        });
    }

    private static byte[] withChecksum(byte[] text) {
        CRC32C crc = new CRC32C();
        crc.update(text);
        byte[] end = "crc32c=%08x\n".formatted(crc.getValue()).getBytes(StandardCharsets.US_ASCII);
        byte[] head = "\n".repeat(PositionFile.HEAD_BYTES).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(text, 0, head, 0, Math.min(text.length, head.length));
        System.arraycopy(end, 0, head, Math.min(text.length, head.length - end.length), end.length);
        return head;
    }

    private void putBack() throws IOException {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder)) {
            for (Path file : found) {
                if (Files.isRegularFile(file)) {
                    Files.delete(file);
                }
            }
        }
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
    }

    private void assertFitsTogether(String when) throws IOException {
        try (StateFolder state = StateFolder.open(folder)) {
            if (state.position().isEmpty()) {
                assertThat(state.staged().newest()).as(when).isEmpty();
                return;
            }
            Position read = state.position().get();
            PageTable pages = state.pages();
            assertThat(pages.pageCount()).as(when).isEqualTo(read.pageCount());
            pages.databaseChecksum(read.pageSize()).ifPresent(checksum -> {
                assertThat(checksum).as(when).isEqualTo(read.databaseChecksum());
                assertThat(checksum).as(when).isEqualTo(position.databaseChecksum());
            });
            state.staged()
                    .newest()
                    .ifPresent(newest -> assertThat(newest).as(when).isEqualTo(read.txId()));
        }
    }
}
