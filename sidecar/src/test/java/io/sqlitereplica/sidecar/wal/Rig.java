package io.sqlitereplica.sidecar.wal;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;

/** An app with a database, the code under test that follows it, and the image it keeps of it. */
final class Rig implements AutoCloseable {
    static final WalOptions SMALL = new WalOptions(100, 20, Duration.ofSeconds(5));

    final Path folder;
    final Path path;
    final App app;
    private WalDatabase database;
    private ImageStager stager;
    private ShmEditor shm;

    /** Starts an app on a WAL database with a table t(a), and follows it. */
    Rig(Path folder) throws Exception {
        this(folder, SMALL);
    }

    Rig(Path folder, WalOptions options, String... beforeWal) throws Exception {
        this.folder = folder;
        this.path = folder.resolve("app.db");
        app = App.start(path);
        try {
            for (String sql : beforeWal) {
                app.sql(sql);
            }
            app.sql("PRAGMA journal_mode=WAL");
            app.sql("PRAGMA busy_timeout=10000");
            app.sql("CREATE TABLE t(a)");
            database = WalDatabase.open(path, new BufferPool(1 << 20), options);
            shm = new ShmEditor(folder.resolve("app.db-shm"));
            stager = new ImageStager(database, folder);
            database.stage(stager);
        } catch (Exception e) {
            app.kill();
            throw e;
        }
    }

    WalDatabase database() {
        return database;
    }

    ImageStager stager() {
        return stager;
    }

    /** The file that SQLite publishes its header in. */
    ShmEditor shm() {
        return shm;
    }

    Path wal() {
        return folder.resolve("app.db-wal");
    }

    /** What the owner's loop does at each look. */
    void tick() throws Exception {
        PublishedHeader header = database.header();
        if (database.renewalDue(header)) {
            database.renew(stager);
        }
        if (database.finishDue(header)) {
            database.finish(stager);
        }
        if (database.barrierDue(database.header())) {
            database.barrier(stager);
        }
    }

    void commit(int bytes) {
        app.sql("INSERT INTO t VALUES (randomblob(" + bytes + "))");
    }

    /** Stages all that is published, and compares the image with the database, byte for byte. */
    void assertImageIsDatabase() throws Exception {
        database.stage(stager);
        app.serialize("main", folder.resolve("expected"));
        assertThat(stager.image()).hasSameBinaryContentAs(folder.resolve("expected"));
    }

    /** Lets go of the database; what was staged stays. */
    void letGo() throws Exception {
        database.close(CloseMode.RELEASE);
        shm.close();
    }

    /** Opens the database again, and goes on from where the image stands if the log still has that. */
    boolean follow() throws Exception {
        stager.close();
        database = WalDatabase.open(path, new BufferPool(1 << 20), SMALL);
        shm = new ShmEditor(folder.resolve("app.db-shm"));
        stager = new ImageStager(database, folder);
        return stager.continueFromLast();
    }

    @Override
    public void close() throws SQLException, IOException {
        try {
            database.close(CloseMode.RELEASE);
        } finally {
            shm.close(); // after the connections: it would drop their locks
            stager.close();
            app.close();
        }
    }

    /** Runs what throws checked exceptions. */
    static void quietly(AutoCloseable resource) {
        try {
            resource.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
