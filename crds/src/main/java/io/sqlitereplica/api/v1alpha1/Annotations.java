package io.sqlitereplica.api.v1alpha1;

/** The annotations and labels that SqliteReplica reads and writes on pods. */
public final class Annotations {
    /** On a pod template, by its owner: the name of the SqliteReplica in the pod's namespace, or {@link #NOT_INJECTED}. */
    public static final String INJECT = "sqlitereplica.io/inject";

    /** The value of {@link #INJECT} that keeps the sidecar out. */
    public static final String NOT_INJECTED = "false";

    /** On a pod, by the operator: asks for a restart of the sidecar; the value is the RFC 3339 time it was due. */
    public static final String RESTART = "sqlitereplica.io/restart";

    /** A label on every injected pod: the name of its SqliteReplica, so that the operator can watch just these pods. */
    public static final String REPLICA_LABEL = "sqlitereplica.io/replica";

    private Annotations() {}
}
