package io.sqlitereplica.e2e;

/** Manifests of an app that writes to SQLite, and of its replica; both have the same name. */
record App(String name, String script, String replicaName, String sidecarSpec) {
    /** Writes 20 rows a second, each in a transaction of its own, and prints each when it is committed. */
    private static final String WRITER = """
        trap 'touch /tmp/stop' TERM
        ask() { sqlite3 -cmd '.timeout 10000' /data/app.db "$1"; }
        ask 'PRAGMA journal_mode = WAL; CREATE TABLE IF NOT EXISTS entries (n INTEGER PRIMARY KEY, payload TEXT NOT NULL)'
        echo "found $(ask 'SELECT count(*) FROM entries')"
        {
          echo .bail on
          n=$(ask 'SELECT count(*) FROM entries')
          until [ -e /tmp/stop ]; do
            n=$((n + 1))
            echo "INSERT INTO entries VALUES ($n, hex(randomblob(100)));"
            echo "SELECT 'committed ' || n || ' ' || payload FROM entries WHERE n = $n;"
            sleep 0.05
          done
        } | sqlite3 -cmd '.timeout 10000' /data/app.db &
        wait; wait
        """;

    /** An app that writes and whose replica is a SqliteReplica of the same name. */
    static App writing(String name) {
        return new App(name, WRITER, name, "");
    }

    /** An app that runs a shell script instead, and then waits. */
    static App running(String name, String script) {
        return new App(name, script + "\ntrap 'exit 0' TERM\nsleep 3600 &\nwait\n", name, "");
    }

    /** The StatefulSet. */
    String manifest() {
        return """
            apiVersion: apps/v1
            kind: StatefulSet
            metadata: {name: %1$s}
            spec:
              serviceName: %1$s
              selector: {matchLabels: {app: %1$s}}
              template:
                metadata:
                  labels: {app: %1$s}
                  annotations: {sqlitereplica.io/inject: %2$s}
                spec:
                  securityContext: {runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001}
                  containers:
                  - name: app
                    image: sqlitereplica.local/sqlite-app:dev
                    command: [sh, -c]
                    args:
                    - |
            %3$s
                    volumeMounts: [{name: data, mountPath: /data}]
              volumeClaimTemplates:
              - metadata: {name: data}
                spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 100Mi}}}
            """.formatted(name, replicaName, script.indent(10).stripTrailing());
    }

    /** A SqliteReplica that writes to the S3 server of the same namespace. */
    String replica(String namespace) {
        return replica(namespace, "/data/app.db", "backups", "backups");
    }

    /** The same with another path, bucket or Secret. */
    String replica(String namespace, String path, String bucket, String secret) {
        return """
            apiVersion: sqlitereplica.io/v1alpha1
            kind: SqliteReplica
            metadata: {name: %1$s}
            spec:
              databases: [{name: app, path: %2$s}]
              destination:
                s3:
                  bucket: %3$s
                  prefix: "%4$s/%1$s/{pod}/{database}"
                  endpoint: http://s3.%4$s:9000
                  region: us-east-1
                  credentialsSecretRef: {name: %5$s}
            %6$s
            """.formatted(
                name, path, bucket, namespace, secret, sidecarSpec.indent(2).stripTrailing());
    }

    /** The same with more of the replica's spec, as YAML. */
    App withSpec(String yaml) {
        return new App(name, script, replicaName, yaml);
    }
}
