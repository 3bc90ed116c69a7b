package io.sqlitereplica.sidecar.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DatabaseComparisonTest {
    private final BufferPool pool = new BufferPool(0);

    @TempDir
    private Path folder;

    private FileReplicaStore store;
    private Path database;

    @BeforeEach
    void restore() throws Exception {
        store = new FileReplicaStore(RestoreTest.golden("replica-0.5.18-ps4096"), pool);
        database = folder.resolve("app.db");
        assertThat(Restore.to(RestorePoint.NEWEST, store, database, null, pool, Progress.Listener.NONE))
                .isPresent();
    }

    @Test
    void aRestoredDatabaseEqualsItsReplicaAndIsNotTouched() throws IOException {
        assertThat(compare()).isEqualTo(new DatabaseComparison(5, 5, 0, 0));
        assertThat(compare().equal()).isTrue();
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(database);
        }
    }

    @Test
    void findsPagesThatDiffer() throws IOException {
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 2 * 4096 + 100);
            channel.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), 4 * 4096 + 100);
        }

        assertThat(compare()).isEqualTo(new DatabaseComparison(5, 5, 2, 3));
        assertThat(compare().equal()).isFalse();
    }

    @Test
    void findsThatADatabaseIsShorter() throws IOException {
        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.WRITE)) {
            channel.truncate(4 * 4096);
        }

        assertThat(compare()).isEqualTo(new DatabaseComparison(4, 5, 0, 0));
        assertThat(compare().equal()).isFalse();
    }

    @Test
    void looksIntoTheWal() throws IOException, SQLException {
        try (Connection app = DriverManager.getConnection("jdbc:sqlite:" + database);
                Statement statement = app.createStatement()) {
            statement.execute("CREATE TABLE more (x)");

            DatabaseComparison comparison = compare();

            assertThat(comparison.equal()).isFalse();
            assertThat(comparison.pageCount()).isEqualTo(6);
            assertThat(comparison.firstDifferentPage()).isEqualTo(1);
        }
    }

    @Test
    void saysThatThereIsNoDatabase() throws IOException {
        Files.delete(database);

        assertThatThrownBy(this::compare)
                .isInstanceOf(RestoreException.class)
                .hasMessageContaining("There is no file " + database);
    }

    private DatabaseComparison compare() throws IOException {
        Path temporary = Files.createTempDirectory("comparison");
        try (ReplicaVerifier verifier = new ReplicaVerifier(store, temporary, pool)) {
            Verification verification = verifier.verify(Progress.Listener.NONE).orElseThrow();
            return verifier.compare(database, verification);
        } finally {
            Files.delete(temporary);
        }
    }
}
