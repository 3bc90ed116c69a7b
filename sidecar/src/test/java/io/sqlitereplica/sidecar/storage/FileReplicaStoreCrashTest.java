package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.testing.ChildJvm;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Processes that are killed while they write into a folder. */
class FileReplicaStoreCrashTest {
    private static final int KILLS = 12;

    @TempDir
    private Path folder;

    @Test
    void everyNameHasAWholeFileBehindIt() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed of the kills: " + seed);
        Random random = new Random(seed);
        Path root = folder.resolve("replica");
        long next = 1;

        for (int kill = 0; kill < KILLS; kill++) {
            long first = next;
            Process writer = ChildJvm.start(
                    List.of(), FileStoreWriter.class, root.toString(), folder.toString(), String.valueOf(first));
            await().atMost(Duration.ofSeconds(60)).until(() -> acknowledged() >= first);
            assertThat(writer.waitFor(random.nextInt(100_000), TimeUnit.MICROSECONDS))
                    .isFalse();
            writer.destroyForcibly().waitFor();
            next = check(root, acknowledged()) + 1;
        }

        try (Stream<Path> files = Files.list(root.resolve("ltx/0"))) {
            for (Path left :
                    files.filter(file -> file.toString().endsWith(".tmp")).toList()) {
                Files.setLastModifiedTime(left, FileTime.from(Instant.EPOCH));
            }
        }
        try (ReplicaStore store = new FileReplicaStore(root, new BufferPool(0))) {
            store.create(0, LtxFileName.of(new TxId(next)), Instant.now(), Files.createFile(folder.resolve("empty")));
        }
        try (Stream<Path> files = Files.list(root.resolve("ltx/0"))) {
            assertThat(files).noneMatch(file -> file.toString().endsWith(".tmp"));
        }
    }

    /** The last TXID whose file was reported to be there; a line may be cut off. */
    private long acknowledged() throws IOException {
        Path file = folder.resolve("acknowledged");
        String text = Files.exists(file) ? Files.readString(file) : "";
        String lines = text.substring(0, text.lastIndexOf('\n') + 1);
        return lines.isEmpty() ? 0 : Long.parseLong(lines.lines().toList().getLast());
    }

    /** The last TXID there is: that of the last acknowledged file, or the one after. */
    private static long check(Path root, long acknowledged) throws Exception {
        List<ReplicaFile> files = new ArrayList<>();
        try (ReplicaStore store = new FileReplicaStore(root, new BufferPool(0))) {
            store.list(0, files::add);
            assertThat((long) files.size()).isBetween(acknowledged, acknowledged + 1);
            for (ReplicaFile file : files) {
                try (InputStream in = store.open(file, 0)) {
                    assertThat(in.readAllBytes())
                            .as(file.name().toString())
                            .isEqualTo(
                                    FileStoreWriter.contents(file.name().min().value()));
                }
            }
        }
        return files.getLast().name().min().value();
    }
}
