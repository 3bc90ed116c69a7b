package io.sqlitereplica.api.v1alpha1;

/** Why the operator asked for the restart of a sidecar. */
public enum RestartReason {
    /** A time of {@code spec.restart.schedule} came. */
    Scheduled,
    /** The verdict on the sidecar's memory. */
    Memory,
    /** A setting changed that the sidecar reads only at its start. */
    SettingsChanged,
    /** A person asked for it. */
    Requested
}
