package io.sqlitereplica.operator.inject;

/** The names and paths that the sidecar's container, its volumes and its image agree on. */
public final class Names {
    /** The sidecar's container. */
    public static final String CONTAINER = "sqlitereplica";

    /** The sidecar's port. */
    public static final String PORT = "sqlitereplica";

    /** The key of the sidecar's configuration in its ConfigMap. */
    public static final String CONFIG_KEY = "sidecar.yaml";

    /** Where the ConfigMap is mounted. */
    public static final String CONFIG_PATH = "/etc/sqlitereplica/config";

    /** Where the credentials Secret is mounted. */
    public static final String CREDENTIALS_PATH = "/etc/sqlitereplica/credentials";

    /** Where the ConfigMap with the certificate authorities of the S3 server is mounted. */
    public static final String CA_BUNDLE_PATH = "/etc/sqlitereplica/ca";

    /** Where the Secret with the key for the encryption of objects is mounted. */
    public static final String CUSTOMER_KEY_PATH = "/etc/sqlitereplica/customer-key";

    /** Where the pod's annotations are mounted, as the file {@code annotations}. */
    public static final String POD_PATH = "/etc/sqlitereplica/pod";

    /** Where the volume of a file destination is mounted. */
    public static final String DESTINATION_PATH = "/sqlitereplica/destination";

    static final String POD_ANNOTATIONS_FILE = "annotations";
    /** Where a volume is mounted that is empty at first and lives as long as the pod. */
    public static final String TMP_PATH = "/tmp";

    static final String TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

    static final String CONFIG_VOLUME = "sqlitereplica-config";
    static final String CREDENTIALS_VOLUME = "sqlitereplica-credentials";
    static final String CA_BUNDLE_VOLUME = "sqlitereplica-ca";
    static final String CUSTOMER_KEY_VOLUME = "sqlitereplica-customer-key";
    static final String POD_VOLUME = "sqlitereplica-pod";
    static final String TMP_VOLUME = "sqlitereplica-tmp";
    static final String NO_TOKEN_VOLUME = "sqlitereplica-no-token";

    private Names() {}

    /** The ConfigMap with the sidecar's configuration and JVM options. */
    public static String configMap(String replica) {
        return replica + "-sidecar";
    }
}
