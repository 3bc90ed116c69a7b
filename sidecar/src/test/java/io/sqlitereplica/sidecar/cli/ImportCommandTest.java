package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Litestream's configuration files, and the SqliteReplica that goes on. */
class ImportCommandTest extends CommandLineFixture {
    @TempDir
    private Path folder;

    private int importing(String config, String... options) throws IOException {
        Path file = Files.writeString(folder.resolve("litestream.yml"), config);
        return run(Stream.concat(Stream.of("import", file.toString()), Stream.of(options))
                .toArray(String[]::new));
    }

    @Test
    void writesWhatGoesOnWithOneDatabase() throws Exception {
        assertThat(importing("""
            access-key-id: hidden
            secret-access-key: hidden too
            addr: ":9090"
            snapshot: {interval: 24h, retention: 168h0m0s}
            levels: [{interval: 30s}, {interval: 5m}]
            dbs:
              - path: /data/Orders.v2.db
                monitor-interval: 1s
                replica:
                  type: s3
                  bucket: backups
                  path: /shop/${POD_NAME}/orders
                  endpoint: http://s3.storage:9000
                  region: eu-central-1
                  force-path-style: true
                  sync-interval: 1s
            """)).isZero();

        assertThat(out())
                .contains("# Not taken over: dbs[0].monitor-interval (line 8), addr (line 3)")
                .endsWith("""
                    apiVersion: sqlitereplica.io/v1alpha1
                    kind: SqliteReplica
                    metadata:
                      name: orders-v2
                    spec:
                      databases:
                      - name: "orders-v2"
                        path: "/data/Orders.v2.db"
                      destination:
                        s3:
                          bucket: "backups"
                          prefix: "shop/{pod}/orders"
                          endpoint: "http://s3.storage:9000"
                          region: "eu-central-1"
                          pathStyle: Always
                          credentialsSecretRef:
                            name: orders-v2-s3
                      sync:
                        interval: 1s
                      compaction:
                        levels: [30s, 5m]
                      snapshot:
                        interval: 24h
                        retention: 168h
                    """);
        assertThat(out()).doesNotContain("hidden");
    }

    @Test
    void findsThePrefixThatSeveralDatabasesShare() throws Exception {
        assertThat(importing("""
            dbs:
              - path: /data/a.db
                replica: {url: "s3://backups/shop/orders"}
              - path: /data/b.db
                replicas:
                  - url: s3://backups/shop/customers
            """, "--name", "shop")).isZero();

        assertThat(out())
                .contains("name: shop\n", """
                      - name: "orders"
                        path: "/data/a.db"
                      - name: "customers"
                        path: "/data/b.db"
                    """, "prefix: \"shop/{database}\"")
                .doesNotContain("Not taken over", "snapshot:", "sync:");
    }

    @Test
    void makesAPatternOfAFolder() throws Exception {
        assertThat(importing("dbs: [{dir: /data/tenants/, pattern: 'a[^x]*.db', watch: true,"
                        + " replica: {url: 's3://backups/shop/${POD_NAME}/tenants'}}]"))
                .isZero();

        assertThat(out())
                .contains("path: \"/data/tenants/a[!x]*.db\"", "prefix: \"shop/{pod}/{database}\"")
                .contains("name: \"tenants\"")
                .doesNotContain("Not taken over");
    }

    static Stream<Arguments> refused() {
        String database = "dbs: [{path: /data/a.db, replica: {%s}}]";
        return Stream.of(
                Arguments.of("addr: ':9090'", "dbs: it is missing"),
                Arguments.of("- a", "not a mapping"),
                Arguments.of(
                        "dbs: [{path: a.db, replica: {url: s3://b/a}}]",
                        "dbs[0].path: a SqliteReplica needs the absolute"),
                Arguments.of("dbs: [{path: /data/a.db}]", "dbs[0].replica: exactly one replica"),
                Arguments.of("dbs: [{dir: /data, replica: {url: s3://b/a}}]", "dbs[0].pattern: it is missing"),
                Arguments.of(
                        "dbs: [{dir: /data, pattern: '*.db', recursive: true, replica: {url: s3://b/a}}]",
                        "dbs[0].recursive: a pattern of a SqliteReplica takes the files of one folder"),
                Arguments.of(
                        "dbs: [{dir: /data, pattern: '*.db', replica: {url: s3://b/Not_A_Name}}]", "is no such name"),
                Arguments.of(database.formatted("type: gs, bucket: b, path: a"), "only replicas in S3"),
                Arguments.of(database.formatted("url: /backups/a"), "only replicas in S3"),
                Arguments.of(database.formatted("url: s3://b"), "cannot go on with the root"),
                Arguments.of(database.formatted("url: 's3://b/${TENANT}'"), "in the place of the variable ${TENANT}"),
                Arguments.of(database.formatted("url: s3://b/a, sync-interval: soon"), "'soon' is no time span"),
                Arguments.of(database.formatted("url: s3://b/a, age: {recipients: [x]}"), "encrypted with age"),
                Arguments.of(
                        "dbs: [{path: /a.db, replica: {url: s3://b/a.db}}, {path: /b.db, replica: {url: s3://b/b}}]",
                        "'a.db' of /a.db is no such name"),
                Arguments.of(
                        "dbs: [{path: /a.db, replica: {url: s3://b/a}}, {path: /b.db, replica: {url: s3://c/b}}]",
                        "to different places"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void saysWhatCannotGoOver(String config, String reason) throws Exception {
        assertThat(importing(config)).isEqualTo(ExitCode.USAGE);

        assertThat(err()).contains("litestream.yml:").contains(reason).doesNotContain("\tat ");
        assertThat(out()).isEmpty();
    }
}
