package io.sqlitereplica.sidecar.storage;

import java.util.Map;

/** Keys from environment variables. */
record EnvironmentCredentials(Map<String, String> environment) implements CredentialsSource {
    static final String ACCESS_KEY_ID = "AWS_ACCESS_KEY_ID";
    static final String SECRET_ACCESS_KEY = "AWS_SECRET_ACCESS_KEY";
    static final String SESSION_TOKEN = "AWS_SESSION_TOKEN";

    EnvironmentCredentials {
        environment = Map.copyOf(environment);
    }

    /** Whether at least one of the keys is given. */
    static boolean areIn(Map<String, String> environment) {
        return environment.containsKey(ACCESS_KEY_ID) || environment.containsKey(SECRET_ACCESS_KEY);
    }

    @Override
    public S3Credentials current() throws StoreException {
        String token = environment.getOrDefault(SESSION_TOKEN, "");
        return new S3Credentials(value(ACCESS_KEY_ID), value(SECRET_ACCESS_KEY), token.isEmpty() ? null : token);
    }

    private String value(String name) throws StoreException {
        String value = environment.getOrDefault(name, "").strip();
        if (value.isEmpty()) {
            throw new StoreException(
                    StoreException.Kind.CREDENTIALS,
                    "The environment variable %s is not set: set %s and %s, or name the folder of a mounted Secret"
                            .formatted(name, ACCESS_KEY_ID, SECRET_ACCESS_KEY));
        }
        return value;
    }

    /** Without the variables: some are secrets. */
    @Override
    public String toString() {
        return "environment";
    }
}
