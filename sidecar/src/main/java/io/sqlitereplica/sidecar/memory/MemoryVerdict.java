package io.sqlitereplica.sidecar.memory;

/** What the memory of a sidecar is like, seen against its limit. */
public enum MemoryVerdict {
    /** Room is left. */
    HEALTHY("Healthy"),
    /** Not much is left; worth a look. */
    PRESSURE("Pressure"),
    /** So little is left that the kernel or the JVM will soon end the process. */
    CRITICAL("Critical"),
    /** Nobody can tell. Never to be taken for healthy. */
    UNKNOWN("Unknown");

    private final String label;

    MemoryVerdict(String label) {
        this.label = label;
    }

    /** As it is written in status and metrics: {@code Healthy}, {@code Pressure}, {@code Critical}, {@code Unknown}. */
    public String label() {
        return label;
    }
}
