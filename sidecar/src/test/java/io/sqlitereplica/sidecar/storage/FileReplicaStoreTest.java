package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A replica in a folder. */
class FileReplicaStoreTest extends ReplicaStoreContract {
    private Path root() {
        return folder.resolve("volume/shop-0/orders");
    }

    @Override
    ReplicaUrl url() {
        return new ReplicaUrl.Folder(root());
    }

    @Override
    CredentialsSource credentials() {
        return CredentialsSource.environment();
    }

    @Override
    List<String> leftovers() throws IOException {
        if (!Files.exists(root())) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(root())) {
            return files.filter(Files::isRegularFile).map(Path::toString).toList();
        }
    }

    @Test
    void usesThePeersLayout() throws IOException {
        create(9, name(1, 0xab), bytes(10));

        Path file = root().resolve("ltx/9/0000000000000001-00000000000000ab.ltx");
        assertThat(file).isRegularFile();
        assertThat(Files.getLastModifiedTime(file).toInstant()).isEqualTo(TIME);
        assertThat(only(9).timestamp()).isEqualTo(TIME);
    }

    @Test
    void passesOverWhatIsNoFileOfAReplica() throws IOException {
        create(0, name(1, 1), bytes(10));
        Path level = root().resolve("ltx/0");
        Files.write(level.resolve("0000000000000002-0000000000000002.ltx.tmp"), bytes(5));
        Files.write(level.resolve("notes.txt"), bytes(5));
        Files.write(level.resolve("0000000000000003-0000000000000002.ltx"), bytes(5));
        Files.createDirectory(level.resolve("0000000000000004-0000000000000004.ltx"));

        assertThat(list(0)).extracting(ReplicaFile::name).containsExactly(name(1, 1));
    }

    @Test
    void listsInOrderHoweverManyPassesItTakes() throws IOException {
        Path level = Files.createDirectories(root().resolve("ltx/0"));
        List<Integer> numbers = new ArrayList<>();
        for (int i = 1; i <= 100; i++) {
            numbers.add(i);
        }
        Collections.shuffle(numbers, new Random(7));
        for (int number : numbers) {
            Files.write(level.resolve(name(number, number).toString()), new byte[number]);
        }

        for (int namesPerPass : new int[] {1, 7, 10, 100, 101}) {
            List<Long> sizes = new ArrayList<>();
            new LevelListing(level, 0, namesPerPass).forEach(file -> sizes.add(file.sizeBytes()));

            assertThat(sizes).isSorted().hasSize(100).doesNotHaveDuplicates();
        }
    }

    @Test
    void sweepsWhatACrashedProcessLeftAndNothingElse() throws IOException {
        Path level = Files.createDirectories(root().resolve("ltx/0"));
        Path crashed = old(Files.write(level.resolve(name(1, 1) + ".00c0ffee-12345678.tmp"), bytes(5)));
        Path alive = old(Files.write(level.resolve(name(2, 2) + ".00c0ffee-87654321.tmp"), bytes(5)));
        Path peers = old(Files.write(level.resolve(name(3, 3) + ".tmp"), bytes(5)));
        Path justMade = Files.write(level.resolve(name(5, 5) + ".00c0ffee-00000000.tmp"), bytes(5));

        try (FileChannel channel = FileChannel.open(alive, StandardOpenOption.WRITE);
                FileLock lock = channel.lock()) {
            assertThat(lock.isValid()).isTrue();
            create(0, name(4, 4), bytes(10));
        }

        assertThat(crashed).doesNotExist();
        assertThat(alive).exists();
        assertThat(peers).exists();
        assertThat(justMade).exists();
    }

    private static Path old(Path file) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(Instant.EPOCH));
    }

    @Test
    void doesNotSweepAStreamThatIsStillBeingWritten() throws IOException {
        try (Upload upload = store.createStreaming(0, name(1, 1), TIME, 1 << 30, folder);
                ReplicaStore other = open()) {
            other.create(0, name(2, 2), TIME, Files.write(folder.resolve("source"), bytes(5)));

            assertThat(upload.commit()).isEqualTo(CreateResult.CREATED);
        }
        assertThat(list(0)).hasSize(2);
    }

    @Test
    void saysThatTheDestinationIsNoFolder() throws IOException {
        Files.writeString(folder.resolve("volume"), "a file");

        assertThatThrownBy(() -> store.check())
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(StoreException.Kind.NOT_FOUND))
                .hasMessageContaining("file:" + root())
                .hasMessageContaining(folder.resolve("volume") + " is not a folder");
        assertThatThrownBy(() -> create(0, name(1, 1), bytes(1))).isInstanceOf(StoreException.class);
    }
}
