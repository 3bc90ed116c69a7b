package io.sqlitereplica.api.v1alpha1;

/** What a sidecar says of its own memory. */
public enum MemoryVerdict {
    /** Far from the limit. */
    Healthy,
    /** Close to the limit. */
    Pressure,
    /** About to reach the limit. */
    Critical,
    /** No data, or old data; never taken as healthy. */
    Unknown
}
