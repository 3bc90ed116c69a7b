package io.sqlitereplica.operator.inject;

/** Why a pod stays as it is. */
public enum SkipReason {
    /** The pod has no annotation {@code sqlitereplica.io/inject}. */
    NotAnnotated,
    /** The annotation says {@code false}. */
    AnnotatedNotToInject,
    /** The pod has the sidecar already. */
    AlreadyInjected
}
