package io.sqlitereplica.operator.inject;

/** What to mind about an injected pod. */
public enum WarningReason {
    /** The pod may be killed before its last changes are shipped. */
    ShortGracePeriod,
    /** The replica is lost together with the pod or the database. */
    DestinationNotIndependent,
    /** Whether a second pod may write to the same destination could not be found out. */
    RolloutUnknown
}
