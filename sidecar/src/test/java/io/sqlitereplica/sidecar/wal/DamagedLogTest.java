package io.sqlitereplica.sidecar.wal;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.testing.Mutator;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The log and its index with any bytes in them: an error, or what was committed; never another page, never for ever. */
class DamagedLogTest {
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 500);
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int PAGE_SIZE = 512;

    @TempDir
    private Path folder;

    private final BufferPool pool = new BufferPool(1 << 20);
    private final Mutator mutator = new Mutator("DamagedLogTest");
    private byte[] log;
    private byte[] shm;

    @BeforeEach
    void writeALog() throws Exception {
        Path path = folder.resolve("app.db");
        try (App app = App.start(path)) {
            app.sql("PRAGMA page_size=" + PAGE_SIZE);
            app.sql("PRAGMA journal_mode=WAL");
            app.sql("PRAGMA wal_autocheckpoint=0");
            app.sql("CREATE TABLE t(a)");
            for (int i = 0; i < 8; i++) {
                app.sql("INSERT INTO t VALUES (randomblob(" + (100 + 300 * i) + "))");
            }
            log = Files.readAllBytes(folder.resolve("app.db-wal"));
            shm = Files.readAllBytes(folder.resolve("app.db-shm"));
        }
    }

    @Test
    void isRefusedOrReadTheSameWhenTheLogIsDamaged() throws Exception {
        List<String> original = read(log);
        int[] refused = {0};

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] damaged = mutator.damage(log);
                try {
                    assertThat(read(damaged))
                            .as("round %d, %s", round, HexFormat.of().formatHex(damaged))
                            .isEqualTo(original);
                } catch (WalDamagedException | EOFException | PositionLostException e) {
                    refused[0]++;
                }
            }
        });

        assertThat(refused[0]).as("refused of %d", ROUNDS).isGreaterThan(ROUNDS / 2);
    }

    @Test
    void looksAtAnyIndexAndSaysThatItIsTornOrWhatItSays() throws Exception {
        PublishedHeader original = requireNonNull(look(shm));
        byte[] header = Arrays.copyOf(shm, 136);

        assertTimeoutPreemptively(LIMIT, () -> {
            for (int round = 0; round < ROUNDS; round++) {
                byte[] damaged = mutator.damage(header);
                PublishedHeader seen = look(damaged);
                if (seen != null) {
                    assertThat(seen.position()).isEqualTo(original.position());
                    assertThat(seen.pageCount()).isEqualTo(original.pageCount());
                }
            }
        });
    }

    private @Nullable PublishedHeader look(byte[] bytes) throws IOException {
        Path path = folder.resolve("looked-at-shm");
        Files.write(path, bytes);
        try (WalIndex index = new WalIndex(path)) {
            return index.look();
        }
    }

    /** The frames that a reader accepts: page numbers and contents. */
    private List<String> read(byte[] bytes) throws IOException, SQLException, PositionLostException {
        Path file = folder.resolve("damaged-wal");
        Files.write(file, bytes);
        Path published = folder.resolve("published-shm");
        Files.write(published, shm);
        List<String> frames = new ArrayList<>();
        try (WalIndex index = new WalIndex(published);
                WalFile walFile = new WalFile(file, PAGE_SIZE)) {
            Counters counters = new Counters();
            PublishedHeaders headers = new PublishedHeaders(index, () -> {}, counters);
            PublishedHeader to = headers.current();
            ByteBuffer page = ByteBuffer.allocateDirect(PAGE_SIZE);
            byte[] copy = new byte[PAGE_SIZE];
            new LogReader(headers, walFile, PAGE_SIZE, pool, counters)
                    .read(WalPosition.startOf(to.salts()), to, (number, frame) -> {
                        walFile.readPage(frame, page.clear());
                        page.flip().get(copy);
                        frames.add(number + " " + HexFormat.of().formatHex(copy));
                    });
        }
        return frames;
    }
}
