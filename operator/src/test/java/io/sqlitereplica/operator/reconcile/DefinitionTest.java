package io.sqlitereplica.operator.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.sqlitereplica.api.v1alpha1.PathStyle;
import io.sqlitereplica.api.v1alpha1.Restore.OnDivergence;
import io.sqlitereplica.api.v1alpha1.Restore.WhenMissing;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.api.v1alpha1.SqliteReplicaSpec;
import io.sqlitereplica.operator.testing.ApiServer;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The CustomResourceDefinition on a real API server: defaults, and what it refuses with which words. */
class DefinitionTest {
    private static final String RIGHT = """
        apiVersion: sqlitereplica.io/v1alpha1
        kind: SqliteReplica
        metadata: {name: orders}
        spec:
          databases:
          - {name: orders, path: /data/orders.db}
          destination:
            s3: {bucket: backups, prefix: "shop/{pod}/{database}", credentialsSecretRef: {name: backups}}
        """;

    @RegisterExtension
    static final ApiServer API = new ApiServer();

    @BeforeAll
    static void applyDefinition() {
        API.applyCrd(Path.of("../crds/sqlitereplicas.sqlitereplica.io-v1.yaml"));
    }

    @Test
    void fillsInWhatIsLeftOut() {
        create(RIGHT.replace("name: orders}\nspec", "name: defaulted}\nspec"));

        String stored = API.client().raw(path("defaulted"));

        assertThat(stored)
                .contains(
                        "\"sync\":{\"interval\":\"500ms\",\"maxStagedBytes\":\"256Mi\"}",
                        "\"compaction\":{\"levels\":[\"30s\",\"5m\",\"1h\"]}",
                        "\"snapshot\":{\"retention\":\"168h\",\"schedule\":\"0 3 * * *\",\"timeZone\":\"UTC\"}",
                        "\"restore\":{\"onDivergence\":\"Fail\",\"whenMissing\":\"Restore\"}",
                        "\"restart\":{\"startingDeadline\":\"1h\",\"timeZone\":\"UTC\"}",
                        "\"limits\":{\"memory\":\"128Mi\"}",
                        "\"requests\":{\"cpu\":\"20m\",\"memory\":\"112Mi\"}",
                        "\"port\":9813",
                        "\"suspend\":false",
                        "\"pathStyle\":\"Auto\"")
                .doesNotContain("verification", "onMemory", "\"jvm\"", "\"request\"");
    }

    @Test
    void hasTheSameDefaultsInTheTypes() {
        create(RIGHT.replace("name: orders}\nspec", "name: same}\nspec"));
        SqliteReplicaSpec stored = API.client()
                .resources(SqliteReplica.class)
                .withName("same")
                .get()
                .getSpec();

        SqliteReplicaSpec read = API.client()
                .getKubernetesSerialization()
                .unmarshal(RIGHT, SqliteReplica.class)
                .getSpec();

        assertThat(read).isEqualTo(stored);
        assertThat(read.destination().s3())
                .isNotNull()
                .satisfies(s3 -> assertThat(s3.pathStyle()).isEqualTo(PathStyle.Auto));
        assertThat(read.restore().whenMissing()).isEqualTo(WhenMissing.Restore);
        assertThat(read.restore().onDivergence()).isEqualTo(OnDivergence.Fail);
    }

    @Test
    void fillsInTheRestOfWhatIsWrittenInPart() {
        create(RIGHT.replace("name: orders}\nspec", "name: part}\nspec"), """
              sync: {interval: 2s}
              snapshot: {interval: 12h}
              restart: {schedule: "30 4 * * 0", timeZone: Europe/Berlin}
              sidecar: {resources: {limits: {memory: 256Mi}}}
            """);

        assertThat(API.client().raw(path("part")))
                .contains(
                        "\"sync\":{\"interval\":\"2s\",\"maxStagedBytes\":\"256Mi\"}",
                        "\"snapshot\":{\"interval\":\"12h\",\"retention\":\"168h\",\"timeZone\":\"UTC\"}",
                        "\"restart\":{\"schedule\":\"30 4 * * 0\",\"startingDeadline\":\"1h\"",
                        "\"limits\":{\"memory\":\"256Mi\"}",
                        "\"requests\":{\"cpu\":\"20m\",\"memory\":\"112Mi\"}");
    }

    @Test
    void takesAPattern() {
        String pattern = RIGHT.replace("/data/orders.db", "'/data/tenants/*.db'");
        assertThatNoException().isThrownBy(() -> create(pattern.replace("name: orders}\nspec", "name: s3}\nspec")));
        assertThatNoException()
                .isThrownBy(() -> create(pattern.replace("name: orders}\nspec", "name: file}\nspec")
                        .replaceFirst("s3: .*", "file: {volume: backups, path: '{pod}/{database}'}")));
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void refusesWithTheWayOut(String from, String to, String message) {
        assertThat(RIGHT + "\n").contains(from);

        assertThatThrownBy(() -> create((RIGHT + "\n").replace(from, to)))
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        e -> assertThat(e.getCode()).isEqualTo(422))
                .hasMessageContaining(message);
    }

    static Stream<Arguments> wrong() {
        String end = "\n\n";
        return Stream.of(
                argumentSet("no spec", RIGHT.substring(RIGHT.indexOf("spec:")), "", "spec: Required value"),
                argumentSet(
                        "no destination",
                        RIGHT.substring(RIGHT.indexOf("  destination:")),
                        "",
                        "spec.destination: Required value"),
                argumentSet(
                        "two destinations",
                        end,
                        "\n    file: {volume: backups, path: x}\n",
                        "spec.destination: Invalid value: must have exactly one of s3 (an S3 bucket) and file (a"
                                + " volume of the pod)"),
                argumentSet(
                        "relative path",
                        "/data/orders.db",
                        "data/orders.db",
                        "must be the absolute path of the database file as the application's container sees it, like"
                                + " /data/orders.db"),
                argumentSet(
                        "folder as path",
                        "/data/orders.db",
                        "/data/",
                        "must be the absolute path of the database file"),
                argumentSet(
                        "pattern in a folder",
                        "/data/orders.db",
                        "'/data/*/orders.db'",
                        "may have a pattern only in the file name, like /data/tenants/*.db, not in a folder above"),
                argumentSet(
                        "pattern without a folder for each file",
                        """
                        - {name: orders, path: /data/orders.db}
                          destination:
                            s3: {bucket: backups, prefix: "shop/{pod}/{database}\"\
                        """,
                        """
                        - {name: tenants, path: "/data/tenants/*.db"}
                          destination:
                            s3: {bucket: backups, prefix: "{database}/{pod}\"\
                        """,
                        "spec.destination must end with {database}"),
                argumentSet(
                        "path that climbs",
                        "/data/orders.db",
                        "/data/../etc/orders.db",
                        "must be a plain absolute path without '.', '..' or '//'"),
                argumentSet(
                        "two databases in one folder",
                        """
                        - {name: orders, path: /data/orders.db}
                          destination:
                            s3: {bucket: backups, prefix: "shop/{pod}/{database}\"\
                        """,
                        """
                        - {name: orders, path: /data/orders.db}
                          - {name: items, path: /data/items.db}
                          destination:
                            s3: {bucket: backups, prefix: "shop/{pod}\"\
                        """,
                        "prefix must contain {database} where there are several databases"),
                argumentSet(
                        "the same name twice",
                        "- {name: orders, path: /data/orders.db}",
                        "- {name: orders, path: /data/orders.db}\n  - {name: orders, path: /data/items.db}",
                        "Duplicate value"),
                argumentSet(
                        "name with capitals",
                        "{name: orders, path",
                        "{name: Orders, path",
                        "must be a lower-case name"),
                argumentSet(
                        "address as bucket",
                        "bucket: backups",
                        "bucket: 's3://backups/shop'",
                        "what follows belongs into prefix, the server into endpoint"),
                argumentSet(
                        "unknown placeholder",
                        "shop/{pod}/{database}",
                        "shop/{namespace}/{database}",
                        "may contain the placeholders {pod} and {database} and no other braces"),
                argumentSet(
                        "slash before the prefix",
                        "shop/{pod}",
                        "/shop/{pod}",
                        "must be a path inside the bucket without '/' at its ends"),
                argumentSet(
                        "endpoint without scheme",
                        "bucket: backups,",
                        "bucket: backups, endpoint: 's3.storage:9000',",
                        "must be http://host:port or https://host, without a path"),
                argumentSet(
                        "unknown path style",
                        "bucket: backups,",
                        "bucket: backups, pathStyle: Sometimes,",
                        "supported values: \"Always\", \"Auto\", \"Never\""),
                argumentSet(
                        "certificate authority of Amazon",
                        "bucket: backups,",
                        "bucket: backups, caBundleRef: {name: ca},",
                        "caBundleRef needs an endpoint of yours with https"),
                argumentSet(
                        "encryption key without key management",
                        "bucket: backups,",
                        "bucket: backups, serverSideEncryption: {algorithm: AES256, kmsKeyId: a},",
                        "kmsKeyId goes with algorithm KMS"),
                argumentSet(
                        "customer's key without a key",
                        "bucket: backups,",
                        "bucket: backups, serverSideEncryption: {algorithm: CustomerKey},",
                        "customerKeySecretRef goes with algorithm CustomerKey"),
                argumentSet(
                        "customer's key over http",
                        "bucket: backups,",
                        "bucket: backups, endpoint: 'http://s3.storage:9000', serverSideEncryption:"
                                + " {algorithm: CustomerKey, customerKeySecretRef: {name: key}},",
                        "give an endpoint with https"),
                argumentSet(
                        "archive as storage class",
                        "bucket: backups,",
                        "bucket: backups, storageClass: GLACIER,",
                        "must be a storage class whose objects can be read at once"),
                argumentSet("interval without unit", end, "\n  sync: {interval: '500'}\n", "should match"),
                argumentSet(
                        "interval too short",
                        end,
                        "\n  sync: {interval: 10ms}\n",
                        "spec.sync.interval: Invalid value: \"10ms\": must be between 100ms and 1h, like 500ms"),
                argumentSet(
                        "staging too small",
                        end,
                        "\n  sync: {maxStagedBytes: 1Mi}\n",
                        "maxStagedBytes must be an amount of at least 16Mi, like 256Mi"),
                argumentSet(
                        "staging not an amount",
                        end,
                        "\n  sync: {maxStagedBytes: much}\n",
                        "maxStagedBytes must be an amount of at least 16Mi, like 256Mi"),
                argumentSet(
                        "no snapshots",
                        end,
                        "\n  snapshot: {}\n",
                        "spec.snapshot must have exactly one of schedule (like '0 3 * * *') and interval (like 24h)"),
                argumentSet(
                        "cron with seconds",
                        end,
                        "\n  restart: {schedule: '0 30 4 * * 0'}\n",
                        "spec.restart.schedule: Invalid value: \"0 30 4 * * 0\": must be a cron line of five fields"
                                + " (minute, hour, day of month, month, day of week), like '30 4 * * 0'"),
                argumentSet(
                        "memory below the floor",
                        end,
                        "\n  sidecar: {resources: {limits: {memory: 64Mi}}}\n",
                        "limits.memory must be at least 112Mi"),
                argumentSet(
                        "request above the limit",
                        end,
                        "\n  sidecar: {resources: {requests: {memory: 1Gi}}}\n",
                        "requests.memory must be an amount no greater than limits.memory"),
                argumentSet(
                        "privileged port",
                        end,
                        "\n  sidecar: {port: 80}\n",
                        "spec.sidecar.port in body should be greater than or equal to 1024"),
                argumentSet(
                        "onDivergence",
                        end,
                        "\n  restore: {onDivergence: Overwrite}\n",
                        "supported values: \"Fail\", \"KeepLocal\", \"UseReplica\""),
                argumentSet(
                        "restore request",
                        end,
                        "\n  restore: {request: {id: a, timestamp: yesterday}}\n",
                        "must be a time with its zone, like 2026-11-23T08:00:00Z"),
                argumentSet(
                        "retention",
                        end,
                        "\n  snapshot: {interval: 24h, retention: 30m}\n",
                        "must be at least 1h, like 168h, or Never"),
                argumentSet(
                        "WAL size",
                        end,
                        "\n  snapshot: {interval: 24h, maxWalBytes: 1Mi}\n",
                        "spec.snapshot.maxWalBytes must be an amount of at least 64Mi, like 2Gi"),
                argumentSet(
                        "compaction",
                        end,
                        "\n  compaction: {levels: [30s, 45s]}\n",
                        "the levels must be ascending, each a multiple of the one before, like 30s, 5m, 1h"),
                argumentSet(
                        "verification",
                        end,
                        "\n  verification: {schedule: weekly}\n",
                        "must be a cron line of five fields (minute, hour, day of month, month, day of week), like '0"
                                + " 5 * * 0'"),
                argumentSet(
                        "jvm",
                        end,
                        "\n  sidecar: {jvm: {maxDirectMemorySize: 16Mi}}\n",
                        "spec.sidecar.jvm is not supported by this version"),
                argumentSet(
                        "onMemory",
                        end,
                        "\n  restart: {onMemory: {verdict: Critical, for: 5m}}\n",
                        "spec.restart.onMemory is not supported by this version"));
    }

    private static void create(String... manifest) {
        API.client()
                .load(new ByteArrayInputStream(String.join("", manifest).getBytes(UTF_8)))
                .create();
    }

    private static String path(String name) {
        return "/apis/sqlitereplica.io/v1alpha1/namespaces/" + API.namespace() + "/sqlitereplicas/" + name;
    }
}
