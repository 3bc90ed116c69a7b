package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.sqlitereplica.sidecar.compact.RetentionTimes;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.OnDivergence;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.replicate.Schedule;
import io.sqlitereplica.sidecar.replicate.WhenMissing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SidecarConfigReaderTest {
    private static final String DATABASE = "databases: [{name: orders, path: /data/orders.db, url: 'file:/replica'}]\n";

    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = folder.resolve("sidecar.yaml");
    }

    @Test
    void readsPatterns() throws Exception {
        SidecarConfig config = read("""
            version: 1
            databases:
            - {name: main, path: /data/tenants/main.db, url: "file:/replica/main"}
            - {name: vips, path: "/data/tenants/vip-*.db", url: "file:/replica/vips"}
            - {name: tenants, path: "/data/tenants/*.db", url: "file:/replica/tenants"}
            """);

        assertThat(config.databases()).hasSize(1);
        assertThat(config.globs())
                .extracting(
                        glob -> glob.glob().spec().name(), glob -> glob.above().toString())
                .containsExactly(tuple("vips", "file:/replica/vips"), tuple("tenants", "file:/replica/tenants"));
        SidecarConfig.Glob tenants = config.globs().getLast();
        assertThat(config.isBefore(tenants, Path.of("/data/tenants/main.db"))).isTrue();
        assertThat(config.isBefore(tenants, Path.of("/data/tenants/vip-1.db"))).isTrue();
        assertThat(config.isBefore(tenants, Path.of("/data/tenants/a.db"))).isFalse();
        assertThat(config.isBefore(config.globs().getFirst(), Path.of("/data/tenants/vip-1.db")))
                .isFalse();
    }

    @Test
    void readsWhatTheOperatorWrites() throws Exception {
        SidecarConfig config = read("""
            version: 1
            replica: {namespace: shop, name: orders}
            databases:
            - {name: orders, path: /data/orders.db, url: "s3://backups/shop/{pod}/orders?endpoint=http://s3.storage:9000&region=us-east-1"}
            - {name: users, path: /data/users.db, url: "file:/sqlitereplica/destination/{pod}/users"}
            credentialsFolder: /etc/sqlitereplica/credentials
            sync: {interval: 250ms, maxStagedBytes: 1048576}
            snapshot: {schedule: "0 3 * * *", timeZone: Europe/Berlin, maxWalBytes: 4096, retention: 48h}
            restore: {whenMissing: Fail, onDivergence: UseReplica}
            podFolder: /tmp
            listen: 0.0.0.0:9813
            podAnnotations: /etc/sqlitereplica/pod/annotations
            terminationMessage: /dev/termination-log
            """);

        assertThat(config.databases())
                .extracting(SidecarConfig.Database::spec)
                .containsExactly(
                        new DatabaseSpec("orders", Path.of("/data/orders.db")),
                        new DatabaseSpec("users", Path.of("/data/users.db")));
        assertThat(config.databases())
                .extracting(database -> database.url().toString())
                .containsExactly(
                        "s3://backups/shop/shop-0/orders?endpoint=http://s3.storage:9000&region=us-east-1",
                        "file:/sqlitereplica/destination/shop-0/users");
        assertThat(config.credentialsFolder()).hasValue(Path.of("/etc/sqlitereplica/credentials"));
        assertThat(config.listen().getPort()).isEqualTo(9813);
        assertThat(config.listen().getAddress().isAnyLocalAddress()).isTrue();
        assertThat(config.podAnnotations()).hasValue(Path.of("/etc/sqlitereplica/pod/annotations"));
        assertThat(config.terminationMessage()).hasValue(Path.of("/dev/termination-log"));
        assertThat(config.options().syncInterval()).isEqualTo(Duration.ofMillis(250));
        assertThat(config.options().maxStagedBytes()).isEqualTo(1048576);
        assertThat(config.options().maxWalBytes()).hasValue(4096);
        assertThat(config.options().retention()).contains(RetentionTimes.of(Duration.ofDays(2)));
        assertThat(config.options().whenMissing()).isEqualTo(WhenMissing.FAIL);
        assertThat(config.options().onDivergence()).isEqualTo(OnDivergence.USE_REPLICA);
        assertThat(config.options().podFolder()).hasValue(Path.of("/tmp"));
        assertThat(config.options().snapshots().nextAfter(Instant.parse("2026-11-23T01:00:00Z")))
                .isEqualTo("2026-11-23T02:00:00Z");
    }

    @Test
    void everythingButTheDatabasesHasADefault() throws Exception {
        SidecarConfig config = read("version: 1\n" + DATABASE);

        assertThat(config.options()).isEqualTo(ReplicatorOptions.DEFAULTS);
        assertThat(config.listen().getAddress().isLoopbackAddress()).isTrue();
        assertThat(config.listen().getPort()).isEqualTo(9813);
        assertThat(config.credentialsFolder()).isEmpty();
        assertThat(config.podAnnotations()).isEmpty();
        assertThat(config.terminationMessage()).isEmpty();
    }

    @Test
    void readsAnIntervalInsteadOfASchedule() throws Exception {
        SidecarConfig config = read("version: 1\n" + DATABASE + "snapshot: {interval: 12h}\n");

        assertThat(config.options().snapshots()).isEqualTo(new Schedule.Every(Duration.ofHours(12)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "compaction: {levels: '30s, 45s'} | 3: compaction.levels: the span of each level is a multiple of the"
                        + " one",
                "sync: {intervall: 1s}            | 3: sync.intervall: there is no such key; known here are interval,"
                        + " maxStagedBytes",
                "retention: {}                    | 3: retention: there is no such key; known here are version,"
                        + " replica, databases,",
                "sync: {interval: 5 parsecs}      | 3: sync.interval: '5 parsecs' is not a duration: write 500ms, 30s,"
                        + " 5m or 168h",
                "sync: fast                       | 3: sync: a mapping of keys to values belongs here",
                "sync: {interval: [1s]}           | 3: sync.interval: one value belongs here, not a list",
                "sync: {maxStagedBytes: 256Mi}    | 3: sync.maxStagedBytes: '256Mi' is not a whole number",
                "snapshot: {schedule: daily}      | 3: snapshot.schedule: ",
                "snapshot: {timeZone: Mars}       | 3: snapshot.timeZone: 'Mars' is not a time zone: write UTC or"
                        + " Europe/Berlin",
                "snapshot: {interval: 1h, schedule: '0 3 * * *'} | 3: snapshot.interval: either a schedule or an"
                        + " interval, not both",
                "restore: {whenMissing: Maybe}    | 3: restore.whenMissing: 'Maybe' is none of Restore, StartEmpty and"
                        + " Fail",
                "listen: 9813                     | 3: listen: '9813' is not an address to listen on: write"
                        + " 127.0.0.1:9813 or 0.0.0.0:9813",
                "podAnnotations: pod/annotations  | 3: podAnnotations: 'pod/annotations' is not an absolute path",
                "version: 1                       | 3: this is not YAML: Duplicate",
                "sync: {interval: 1s              | this is not YAML: ",
            })
    void namesTheLineAndTheKeyAndWhatWouldBeRight(String line, String message) {
        assertThatThrownBy(() -> read("version: 1\n" + DATABASE + line + "\n"))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[]                                                            | databases: it is missing",
                "orders                                                        | databases: a list belongs here",
                "[{path: /a.db, url: 'file:/r'}]                               | databases[0].name: it is missing",
                "[{name: a, path: a.db, url: 'file:/r'}]                       | databases[0].path: 'a.db' is not an"
                        + " absolute path",
                "[{name: a, path: /a.db, url: 'r'}]                            | databases[0].url: The destination 'r'"
                        + " is neither",
                "[{name: a, path: /a.db, url: 'file:/r', level: 3}]            | databases[0].level: there is no such"
                        + " key",
                "[{name: a, path: /a.db, url: 'file:/{pod}'}]                  | databases[0].url: it contains {pod}",
                "[{name: a, path: /a, url: 'file:/a'}, {name: a, path: /b, url: 'file:/b'}] | databases[1].name: two"
                        + " databases are named a",
                "[{name: a, path: /a, url: 'file:/a'}, {name: b, path: /a, url: 'file:/b'}] | databases[1].path: two"
                        + " databases are at /a",
                "[{name: a, path: /a, url: 'file:/a'}, {name: b, path: /b, url: 'file:/a'}] | databases[1].url: two"
                        + " databases go to file:/a",
            })
    void refusesDatabasesThatCannotBe(String databases, String message) throws IOException {
        Files.writeString(file, "version: 1\ndatabases: " + databases + "\n");

        assertThatThrownBy(() -> new SidecarConfigReader(file, Map.of()).read())
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("sidecar.yaml:2: " + message);
    }

    @Test
    void refusesAnotherVersion() {
        assertThatThrownBy(() -> read("version: 2\n" + DATABASE))
                .hasMessageContaining("sidecar.yaml:1: version: this program reads version 1 of the file, not 2");
        assertThatThrownBy(() -> read(DATABASE)).hasMessageContaining("version: it is missing");
    }

    @Test
    void refusesAnEmptyFile() {
        assertThatThrownBy(() -> read("")).hasMessageContaining("this is not a mapping of keys to values");
    }

    @Test
    void saysThatThereIsNoFile() {
        assertThatThrownBy(() -> new SidecarConfigReader(file, Map.of()).read())
                .isInstanceOf(ConfigException.class)
                .hasMessage("The configuration file " + file + " is not there, or may not be read");
    }

    private SidecarConfig read(String content) throws ConfigException, IOException {
        Files.writeString(file, content);
        return new SidecarConfigReader(file, Map.of("POD_NAME", "shop-0")).read();
    }
}
