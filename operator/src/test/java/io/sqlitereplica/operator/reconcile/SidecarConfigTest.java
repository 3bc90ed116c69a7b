package io.sqlitereplica.operator.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ConfigMap;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import io.sqlitereplica.operator.inject.Injector;
import io.sqlitereplica.operator.testing.Replicas;
import io.sqlitereplica.operator.testing.Yaml;
import org.junit.jupiter.api.Test;

class SidecarConfigTest {
    @Test
    void isTheFileThatTheSidecarReads() {
        assertThat(SidecarConfig.yaml(Replicas.orders("shop"))).isEqualToIgnoringNewLines("""
            ---
            version: 1
            replica:
              namespace: "shop"
              name: "orders"
            databases:
            - name: "orders"
              path: "/data/orders.db"
              url: "s3://backups/shop/{pod}/orders?endpoint=http://s3.storage:9000"
            credentialsFolder: "/etc/sqlitereplica/credentials"
            sync:
              interval: "500ms"
              maxStagedBytes: 268435456
            compaction:
              levels: "30s, 5m, 1h"
            snapshot:
              schedule: "0 3 * * *"
              timeZone: "UTC"
              retention: "168h"
            restore:
              whenMissing: "Restore"
              onDivergence: "Fail"
            podFolder: "/tmp"
            listen: "0.0.0.0:9813"
            podAnnotations: "/etc/sqlitereplica/pod/annotations"
            terminationMessage: "/dev/termination-log"
            """);
    }

    @Test
    void namesTheMountedFilesOfAPrivateS3AndNoKeysWhereARoleHasThem() {
        SqliteReplica replica = Yaml.read(Injector.class, "private-s3/replica.yaml", SqliteReplica.class);

        assertThat(SidecarConfig.yaml(replica))
                .contains("url: \"s3://backups/shop/{pod}/orders?endpoint=https://s3.storage:9000"
                        + "&caBundle=/etc/sqlitereplica/ca/bundle.pem"
                        + "&encryption=CustomerKey&customerKeyFile=/etc/sqlitereplica/customer-key/key"
                        + "&storageClass=REDUCED_REDUNDANCY\"")
                .doesNotContain("credentialsFolder");
    }

    @Test
    void givesEachDatabaseAFolderOfItsOwn() {
        SqliteReplica replica = Yaml.read(Injector.class, "several-databases/replica.yaml", SqliteReplica.class);

        assertThat(SidecarConfig.yaml(replica)).contains("""
            databases:
            - name: "orders"
              path: "/data/orders.db"
              url: "s3://backups/shop/{pod}/orders"
            - name: "customers"
              path: "/data/crm/customers.db"
              url: "s3://backups/shop/{pod}/customers"
            - name: "jobs"
              path: "/var/queue/jobs.db"
              url: "s3://backups/shop/{pod}/jobs"
            """);
    }

    @Test
    void followsTheSpec() {
        SqliteReplica replica = Replicas.orders("shop", """
              sync: {interval: 2s, maxStagedBytes: 1Gi}
              compaction: {levels: [10s, 1h]}
              snapshot: {interval: 12h, retention: Never, maxWalBytes: 2Gi}
              restore: {whenMissing: StartEmpty, onDivergence: KeepLocal, request: {id: a, txid: "0000000000000007"}}
              verification: {schedule: "0 5 * * 0"}
              sidecar: {port: 9900}
            """);

        assertThat(SidecarConfig.yaml(replica))
                .contains(
                        "interval: \"2s\"",
                        "maxStagedBytes: 1073741824",
                        "compaction:\n  levels: \"10s, 1h\"\n",
                        "snapshot:\n  interval: \"12h\"\n  retention: \"Never\"\n  maxWalBytes: 2147483648\n",
                        "whenMissing: \"StartEmpty\"",
                        "onDivergence: \"KeepLocal\"\n  request:\n    id: \"a\"\n    txid: \"0000000000000007\"\n",
                        "verification:\n  schedule: \"0 5 * * 0\"\n  timeZone: \"UTC\"\n",
                        "listen: \"0.0.0.0:9900\"");
    }

    @Test
    void writesAFileDestinationBelowItsMount() {
        SqliteReplica replica = Replicas.orders("shop");
        replica.setSpec(Replicas.withFile(replica.getSpec(), "nfs", "old backups/{pod}/{database}"));

        assertThat(SidecarConfig.yaml(replica))
                .contains("url: \"file:/sqlitereplica/destination/old%20backups/{pod}/orders\"")
                .doesNotContain("credentialsFolder");
        assertThat(DestinationUrl.text(replica.getSpec().destination()))
                .isEqualTo("volume:nfs/old backups/{pod}/{database}");
    }

    @Test
    void addsTheJvmOptionsOfTheLimit() {
        ConfigMap configMap = SidecarConfigMap.desired(
                Replicas.orders("shop", "  sidecar: {resources: {limits: {memory: 192Mi}}}\n"));

        assertThat(configMap.getMetadata().getName()).isEqualTo("orders-sidecar");
        assertThat(configMap.getData()).containsOnlyKeys("sidecar.yaml", "jvm-192.options");
        assertThat(configMap.getData().get("jvm-192.options")).contains("-XX:MaxRAMPercentage=");
    }
}
