package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.Progress;
import io.sqlitereplica.sidecar.restore.Restore;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.testing.Peer;
import io.sqlitereplica.sidecar.testing.S3Server;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Replicas handed over between this replicator and Litestream, both ways, through a folder and through S3. */
class PeerTest {
    private static final String BUCKET = "replicas";

    /** Litestream cannot combine one with an HTTP client of its own. */
    private static final String CA_BUNDLE = "AWS_CA_BUNDLE";

    @TempDir
    private Path folder;

    private final BufferPool pool = new BufferPool(12 << 20);

    @Test
    void litestreamRestoresAFolderThatWeWrote() throws Exception {
        Path litestream = Peer.litestream();
        Path destination = Files.createDirectory(folder.resolve("destination"));
        try (App app = App.create(folder.resolve("app.db"), 4096);
                ReplicaStore store = Replica.open(destination, pool)) {
            replicate(app, store);
            assertThat(destination.resolve("owner.json")).isRegularFile();

            run(litestream, "restore", "-o", peersCopy().toString(), "file://" + destination);

            assertSameRows(app);
        }
    }

    @Test
    void litestreamRestoresABucketThatWeWrote() throws Exception {
        Path litestream = Peer.litestream();
        try (S3Server server = S3Server.start();
                App app = App.create(folder.resolve("app.db"), 4096)) {
            server.bucket(BUCKET);
            try (ReplicaStore store = ReplicaStores.open(server.url(BUCKET, "ours"), server.credentials(), pool)) {
                replicate(app, store);
            }
            assertThat(server.bucket(BUCKET).resolve("ours/owner.json")).isRegularFile();

            run(
                    litestream,
                    "restore",
                    "-config",
                    configuration(server, peersCopy(), "ours").toString(),
                    peersCopy().toString());

            assertSameRows(app);
        }
    }

    @Test
    void restoresAFolderThatLitestreamWrote() throws Exception {
        Path litestream = Peer.litestream();
        Path destination = Files.createDirectory(folder.resolve("destination"));
        try (App app = App.create(folder.resolve("app.db"), 4096);
                ReplicaStore store = Replica.open(destination, pool)) {
            letLitestreamReplicate(litestream, folderConfiguration(destination), app);

            assertThat(Restore.to(RestorePoint.NEWEST, store, peersCopy(), null, pool, Progress.Listener.NONE))
                    .isPresent();
            assertSameRows(app);
        }
    }

    @Test
    void litestreamRestoresItsReplicaWithTheWholeDatabaseThatWeAdded() throws Exception {
        Path litestream = Peer.litestream();
        Path destination = Files.createDirectory(folder.resolve("destination"));
        try (App app = App.create(folder.resolve("app.db"), 4096);
                ReplicaStore store = Replica.open(destination, pool)) {
            letLitestreamReplicate(litestream, folderConfiguration(destination), app);
            replicate(app, store);
            // Without our snapshots, which would be a beginning without a history.
            store.list(9, file -> {
                if (file.name().max().value() > 1) {
                    destination.resolve("ltx/9/" + file.name()).toFile().delete();
                }
            });

            run(litestream, "restore", "-o", peersCopy().toString(), "file://" + destination);

            assertSameRows(app);
        }
    }

    /** From Litestream to us, back and forth again, beside an app that goes on: the history is one, for both. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    @Tag("e2e")
    void changesOverAndBackOnALiveReplica(boolean fromOlder) throws Exception {
        Path litestream = Peer.litestream();
        Path destination = Files.createDirectory(folder.resolve("destination"));
        Path configuration = folderConfiguration(destination);
        try (App app = App.create(folder.resolve("app.db"), 4096);
                ReplicaStore store = Replica.open(destination, pool)) {
            letLitestreamGoOn(fromOlder ? Peer.olderLitestream() : litestream, configuration, store, app);
            TxId first = newest(store);
            String before = ourCopy(store, new RestorePoint.AtTxId(first));

            replicate(app, store);
            assertBothRestore(litestream, destination, store, app);
            letLitestreamGoOn(litestream, configuration, store, app);
            assertBothRestore(litestream, destination, store, app);
            replicate(app, store);
            assertBothRestore(litestream, destination, store, app);

            assertThat(ourCopy(store, new RestorePoint.AtTxId(first))).isEqualTo(before);
            run(litestream, "restore", "-o", peers(), "-txid", first.toString(), "file://" + destination);
            assertThat(takePeersCopy()).isEqualTo(before);
        }
    }

    private static TxId newest(ReplicaStore store) throws IOException {
        return RemoteListing.of(store).newest().map(file -> file.name().max()).orElse(TxId.ZERO);
    }

    private void letLitestreamGoOn(Path litestream, Path configuration, ReplicaStore store, App app) throws Exception {
        TxId before = newest(store);
        letLitestreamReplicate(
                litestream, configuration, app, () -> newest(store).compareTo(before) > 0);
    }

    private void assertBothRestore(Path litestream, Path destination, ReplicaStore store, App app) throws Exception {
        run(litestream, "restore", "-o", peers(), "file://" + destination);
        assertSameRows(app);
        app.sql("DETACH copy");
        assertThat(takePeersCopy()).isEqualTo(ourCopy(store, RestorePoint.NEWEST));
    }

    /** Litestream's own tool writes, and looks at what Litestream restores from our replica. */
    @Test
    @Tag("e2e")
    void passesThePeersOwnCheck() throws Exception {
        Path tool = Peer.litestreamTest();
        assertThat(Peer.litestream()).as("which it calls").isExecutable();
        Path database = folder.resolve("app.db");
        Path destination = Files.createDirectory(folder.resolve("destination"));
        run(tool, "populate", "-db", database.toString(), "-target-size", "20MB", "-page-size", "4096");
        try (ReplicaStore store = Replica.open(destination, pool);
                Replicator replicator = new Replicator(
                        new DatabaseSpec("app", database),
                        store,
                        ReplicatorFixture.COMPACTING,
                        pool,
                        new SnapshotTurns(),
                        CloseMode.RELEASE)) {
            replicator.start();
            ReplicatorFixture.awaitState(replicator, DatabaseState.REPLICATING);
            for (String pattern : List.of("constant", "burst", "wave")) {
                run(
                        tool,
                        "load",
                        "-db",
                        database.toString(),
                        "-write-rate",
                        "500",
                        "-duration",
                        "8s",
                        "-pattern",
                        pattern,
                        "-workers",
                        "2");
            }
            run(tool, "shrink", "-db", database.toString(), "-delete-percentage", "50", "-vacuum");
            assertThat(replicator.shipNow(ReplicatorFixture.LONG)).isTrue();
        }
        run(
                tool,
                "validate",
                "-source-db",
                database.toString(),
                "-replica-url",
                "file://" + destination,
                "-restored-db",
                peers(),
                "-check-type",
                "full",
                "-ltx-continuity");
        assertThat(Files.readString(folder.resolve("restore.log"))).doesNotContain("FAIL", "failed");
    }

    /** The same bytes, by TXID and by time, from a bucket, where times are not in the listing. */
    @Test
    void restoresTheSamePointsAsLitestream() throws Exception {
        Path litestream = Peer.litestream();
        try (S3Server server = S3Server.start();
                App app = App.create(folder.resolve("app.db"), 4096)) {
            server.bucket(BUCKET);
            String configuration = configuration(server, peersCopy(), "ours").toString();
            try (ReplicaStore store = ReplicaStores.open(server.url(BUCKET, "ours"), server.credentials(), pool)) {
                replicate(app, store);
                List<ReplicaFile> syncs = new ArrayList<>();
                store.list(0, syncs::add);
                for (ReplicaFile sync : List.of(syncs.getFirst(), syncs.get(syncs.size() / 2), syncs.getLast())) {
                    TxId txId = sync.name().max();
                    Instant time = store.timestamp(sync);
                    String ours = ourCopy(store, new RestorePoint.AtTxId(txId));
                    assertThat(ourCopy(store, new RestorePoint.AtTime(time))).isEqualTo(ours);

                    run(litestream, "restore", "-config", configuration, "-txid", txId.toString(), peers());
                    assertThat(takePeersCopy()).as("TXID " + txId).isEqualTo(ours);
                    // For it, a file is not older than its own time.
                    String after = time.plusMillis(1).toString();
                    run(litestream, "restore", "-config", configuration, "-timestamp", after, peers());
                    assertThat(takePeersCopy()).as("time " + time).isEqualTo(ours);
                }
            }
        }
    }

    private String peers() {
        return peersCopy().toString();
    }

    private String takePeersCopy() throws IOException {
        return take(peersCopy());
    }

    /** The bytes of a file, in a form that two can be told apart by. */
    private static String take(Path file) throws IOException {
        CRC32C crc = new CRC32C();
        crc.update(Files.readAllBytes(file));
        String result = "%d bytes, %08x".formatted(Files.size(file), crc.getValue());
        Files.delete(file);
        return result;
    }

    private String ourCopy(ReplicaStore store, RestorePoint point) throws IOException {
        Path copy = folder.resolve("ours.db");
        assertThat(Restore.to(point, store, copy, null, pool, Progress.Listener.NONE))
                .isPresent();
        return take(copy);
    }

    @Test
    void restoresABucketThatLitestreamWrote() throws Exception {
        Path litestream = Peer.litestream();
        try (S3Server server = S3Server.start();
                App app = App.create(folder.resolve("app.db"), 4096)) {
            server.bucket(BUCKET);
            letLitestreamReplicate(litestream, configuration(server, folder.resolve("app.db"), "theirs"), app);

            try (ReplicaStore store = ReplicaStores.open(server.url(BUCKET, "theirs"), server.credentials(), pool)) {
                assertThat(Restore.to(RestorePoint.NEWEST, store, peersCopy(), null, pool, Progress.Listener.NONE))
                        .isPresent();
            }
            assertSameRows(app);
        }
    }

    /** The copy that is compared with the app's database: what the peer wrote and we restored, or the other way. */
    private Path peersCopy() {
        return folder.resolve("copy.db");
    }

    private void replicate(App app, ReplicaStore store) throws Exception {
        writeAWhile(app);
        try (Replicator replicator = new Replicator(
                new DatabaseSpec("app", folder.resolve("app.db")),
                store,
                ReplicatorFixture.OPTIONS,
                pool,
                new SnapshotTurns(),
                CloseMode.RELEASE)) {
            replicator.start();
            ReplicatorFixture.awaitState(replicator, DatabaseState.REPLICATING);
            writeAWhile(app);
            app.sql("VACUUM");
            writeAWhile(app);
            assertThat(replicator.shipNow(ReplicatorFixture.LONG)).isTrue();
        }
    }

    private void letLitestreamReplicate(Path litestream, Path configuration, App app) throws Exception {
        letLitestreamReplicate(
                litestream,
                configuration,
                app,
                () -> Files.readString(folder.resolve("litestream.log")).contains("snapshot"));
    }

    private void letLitestreamReplicate(Path litestream, Path configuration, App app, Callable<Boolean> begun)
            throws Exception {
        writeAWhile(app);
        ProcessBuilder builder = new ProcessBuilder(
                        litestream.toString(), "replicate", "-config", configuration.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("litestream.log").toFile());
        builder.environment().remove(CA_BUNDLE);
        Process process = builder.start();
        try {
            await().atMost(ReplicatorFixture.LONG).until(begun);
            writeAWhile(app);
        } finally {
            process.destroy(); // SIGTERM: it ships the rest
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void writeAWhile(App app) {
        long seed = new Random().nextLong();
        System.out.println("PeerTest seed " + seed);
        long goal = app.written() + 100;
        app.write(seed, 100);
        await().atMost(ReplicatorFixture.LONG).until(() -> app.written() >= goal);
        app.pause();
        app.fill(1); // the last row may just have been deleted
    }

    private Path folderConfiguration(Path destination) throws IOException {
        return Files.writeString(
                folder.resolve("litestream.yml"), """
                    dbs:
                    - path: %s
                      replica: {type: file, path: %s}
                    """.formatted(folder.resolve("app.db"), destination));
    }

    private Path configuration(S3Server server, Path database, String prefix) throws IOException {
        Path file = folder.resolve("litestream.yml");
        return Files.writeString(file, """
            dbs:
            - path: %s
              replica: {type: s3, bucket: %s, path: %s, endpoint: "%s", region: %s, force-path-style: true,
                access-key-id: %s, secret-access-key: %s}
            """.formatted(
                        database,
                        BUCKET,
                        prefix,
                        server.endpoint(),
                        S3Server.REGION,
                        S3Server.ACCESS_KEY_ID,
                        S3Server.SECRET_ACCESS_KEY));
    }

    private void run(Path program, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Path log = folder.resolve("restore.log");
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().remove(CA_BUNDLE);
        builder.environment().merge("PATH", String.valueOf(program.getParent()), (path, own) -> own + ":" + path);
        Process process = builder.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    }

    /** Every row of every table of the app is in the copy, and none more. */
    private void assertSameRows(App app) {
        app.sql("ATTACH '" + peersCopy() + "' AS copy");
        for (String table : List.of("progress", "log", "data")) {
            assertThat(app.number("SELECT count(*) FROM copy." + table))
                    .isPositive()
                    .isEqualTo(app.number("SELECT count(*) FROM main." + table));
            assertThat(app.number("SELECT count(*) FROM (SELECT * FROM main.%1$s EXCEPT SELECT * FROM copy.%1$s)"
                            .formatted(table)))
                    .isZero();
        }
        assertThat(app.sql("PRAGMA copy.integrity_check")).isEqualTo("ok");
    }
}
