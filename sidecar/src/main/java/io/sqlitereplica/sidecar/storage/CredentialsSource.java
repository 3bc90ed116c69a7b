package io.sqlitereplica.sidecar.storage;

import java.nio.file.Path;
import java.util.Map;

/** Where the keys of an S3 destination come from. Asked before each request, so that new keys are used at once. */
public sealed interface CredentialsSource permits EnvironmentCredentials, FolderCredentials, RoleCredentials {
    /** The keys as of now. Fast: reads files only when they changed. For any thread. */
    S3Credentials current() throws StoreException;

    /**
     * {@code AWS_ACCESS_KEY_ID}, {@code AWS_SECRET_ACCESS_KEY} and, where it is set, {@code AWS_SESSION_TOKEN}; where
     * they are not set, the keys of the role that this pod, container or machine has.
     */
    static CredentialsSource environment() {
        return from(System.getenv());
    }

    /** As {@link #environment}, from these variables. */
    static CredentialsSource from(Map<String, String> environment) {
        return EnvironmentCredentials.areIn(environment) || !RoleCredentials.mayExist(environment)
                ? new EnvironmentCredentials(environment)
                : new RoleCredentials(environment);
    }

    /**
     * Files of a folder, as Kubernetes mounts a Secret: {@code access-key-id}, {@code secret-access-key} and, where it
     * is there, {@code session-token}; the names of the environment variables will do as well. Read again when they
     * change.
     */
    static CredentialsSource folder(Path folder) {
        return new FolderCredentials(folder);
    }
}
