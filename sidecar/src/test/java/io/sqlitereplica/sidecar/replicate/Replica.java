package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxDecoder;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.restore.RestoreResult;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A replica in a folder or a bucket, and what can be asked of it. */
final class Replica implements AutoCloseable {
    private final Path folder;
    private final BufferPool pool = new BufferPool(4 << 20);
    private final ReplicaStore store;
    private int restores;

    Replica(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
        this.store = open(folder, pool);
    }

    /**
     * A replica anywhere.
     *
     * @param folder beside which databases are restored
     */
    Replica(Path folder, ReplicaUrl url, CredentialsSource credentials) {
        this.folder = folder;
        this.store = ReplicaStores.open(url, credentials, pool);
    }

    /** One in a bucket; the folder is for what is restored from it. */
    Replica(S3Server server, String bucket, Path folder) {
        this(folder.resolve("replica"), server.url(bucket, "app"), server.credentials());
    }

    static ReplicaStore open(Path folder, BufferPool pool) throws IOException {
        return ReplicaStores.open(ReplicaUrl.parse("file:" + folder), CredentialsSource.environment(), pool);
    }

    ReplicaStore store() {
        return store;
    }

    /** Restores the newest state to a new file. */
    Path restore() throws IOException {
        return restore(RestorePoint.NEWEST);
    }

    /** Restores a state to a new file. */
    Path restore(RestorePoint point) throws IOException {
        Path target = folder.resolveSibling("restored-" + restores++ + ".db");
        RestoreResult result = Restore.to(point, store, target, null, pool, Progress.Listener.NONE)
                .orElseThrow(() -> new AssertionError("There is no replica in " + folder));
        assertThat(result.checkedChecksums()).isEqualTo(result.files());
        return target;
    }

    /** The newest state is a state between two transactions of a {@link RandomWriter}, and whole. Returns which. */
    long assertConsistent() throws IOException, SQLException {
        Path database = restore();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database)) {
            assertThat(text(connection, "PRAGMA integrity_check")).isEqualTo("ok");
            long progress = number(connection, "SELECT coalesce(max(n), 0) FROM progress");
            assertThat(number(connection, "SELECT count(*) FROM log")).isEqualTo(progress);
            assertThat(number(connection, "SELECT coalesce(max(n), 0) FROM log"))
                    .isEqualTo(progress);
            return progress;
        } finally {
            Files.delete(database);
        }
    }

    /** The newest state is, byte for byte, what the app sees. */
    void assertSameAs(App app) throws IOException {
        Path database = restore();
        Path expected = folder.resolveSibling("serialized-" + restores + ".db");
        app.serialize(expected);
        assertThat(Files.mismatch(database, expected))
                .as("first byte that differs")
                .isEqualTo(-1);
        Files.delete(database);
        Files.delete(expected);
    }

    private static String text(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            assertThat(row.next()).isTrue();
            return row.getString(1);
        }
    }

    private static long number(Connection connection, String sql) throws SQLException {
        return Long.parseLong(text(connection, sql));
    }

    /** The files of a level. */
    List<ReplicaFile> files(int level) throws IOException {
        List<ReplicaFile> files = new ArrayList<>();
        store.list(level, files::add);
        return files;
    }

    /**
     * The level 0 files are one chain, each continuing the database as the one before left it, and each snapshot is the
     * database as the file of its TXID left it.
     */
    void assertOneChain() throws IOException {
        Map<TxId, Long> checksums = new HashMap<>();
        TxId last = null;
        for (ReplicaFile file : files(0)) {
            RemoteFile content = RemoteFile.read(store, file, pool);
            if (last != null) {
                assertThat(file.name().min()).as("after %s", last).isEqualTo(last.next());
                assertThat(content.header().preApplyChecksum())
                        .as("before %s", file.name())
                        .isEqualTo(checksums.get(last));
            }
            last = file.name().max();
            checksums.put(last, content.trailer().postApplyChecksum());
        }
        for (ReplicaFile file : files(9)) {
            Long expected = checksums.get(file.name().max());
            if (expected != null) {
                assertThat(RemoteFile.read(store, file, pool).trailer().postApplyChecksum())
                        .as("snapshot %s", file.name())
                        .isEqualTo(expected);
            }
        }
    }

    /** How many pages a file has. */
    long pagesOf(ReplicaFile file) throws IOException {
        try (LtxDecoder decoder = new LtxDecoder(Channels.newChannel(store.open(file, 0)), pool)) {
            ByteBuffer page = ByteBuffer.allocate(65536);
            while (decoder.nextPage(page) != 0) {
                // to the end
            }
            return decoder.pagesRead();
        }
    }

    @Override
    public void close() {
        store.close();
    }
}
