package io.sqlitereplica.sidecar.storage;

import io.minio.credentials.Credentials;
import io.minio.credentials.IamAwsProvider;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Keys for a while, of the role that the place of this process has: a web identity (the service account of a pod, {@code
 * AWS_WEB_IDENTITY_TOKEN_FILE} and {@code AWS_ROLE_ARN}), the credentials service of a container ({@code
 * AWS_CONTAINER_CREDENTIALS_FULL_URI} or {@code …_RELATIVE_URI}), or the metadata service of the machine. Asked for again
 * shortly before they expire.
 *
 * <p>{@code AWS_ENDPOINT_URL_STS} and {@code AWS_EC2_METADATA_SERVICE_ENDPOINT} name other servers than Amazon's, as they
 * do for Amazon's own programs.
 */
final class RoleCredentials implements CredentialsSource {
    private static final String TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE";
    private static final String ROLE = "AWS_ROLE_ARN";
    private static final String RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    private static final String FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    private static final String STS_ENDPOINT = "AWS_ENDPOINT_URL_STS";
    private static final String METADATA_ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT";
    private static final String METADATA_DISABLED = "AWS_EC2_METADATA_DISABLED";

    private final String origin;
    private final IamAwsProvider provider;

    RoleCredentials(Map<String, String> environment) {
        Map<String, String> known = Map.copyOf(environment);
        this.origin = origin(known);
        this.provider = new IamAwsProvider(endpoint(known), S3Http.forCredentials()) {
            @Override
            protected @Nullable String getProperty(String name) {
                String value = known.getOrDefault(name, "");
                return value.isEmpty() ? null : value;
            }
        };
    }

    /** Whether there may be such keys: only the metadata service can be ruled out. */
    static boolean mayExist(Map<String, String> environment) {
        return has(environment, TOKEN_FILE)
                || inContainer(environment)
                || !environment.getOrDefault(METADATA_DISABLED, "").equalsIgnoreCase("true");
    }

    private static boolean has(Map<String, String> environment, String name) {
        return !environment.getOrDefault(name, "").isEmpty();
    }

    private static boolean inContainer(Map<String, String> environment) {
        return has(environment, RELATIVE_URI) || has(environment, FULL_URI);
    }

    private static String origin(Map<String, String> environment) {
        if (has(environment, TOKEN_FILE)) {
            return "the web identity in %s for the role %s"
                    .formatted(environment.get(TOKEN_FILE), environment.get(ROLE));
        }
        return inContainer(environment) ? "the container's credentials service" : "the machine's metadata service";
    }

    private static @Nullable String endpoint(Map<String, String> environment) {
        if (has(environment, TOKEN_FILE)) {
            return environment.get(STS_ENDPOINT);
        }
        return inContainer(environment) ? null : environment.get(METADATA_ENDPOINT);
    }

    @Override
    public S3Credentials current() throws StoreException {
        Credentials keys;
        try {
            keys = provider.fetch();
        } catch (RuntimeException e) {
            throw new StoreException(
                    Kind.CREDENTIALS,
                    ("There are no keys: %s is not set, and %s gave none (%s). Set %s and %s, name the folder of a"
                                    + " mounted Secret, or give this pod or machine a role")
                            .formatted(
                                    EnvironmentCredentials.ACCESS_KEY_ID,
                                    origin,
                                    S3Errors.rootMessage(e),
                                    EnvironmentCredentials.ACCESS_KEY_ID,
                                    EnvironmentCredentials.SECRET_ACCESS_KEY),
                    e);
        }
        return new S3Credentials(keys.accessKey(), keys.secretKey(), keys.sessionToken());
    }

    @Override
    public String toString() {
        return origin;
    }
}
