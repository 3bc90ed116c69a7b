package io.sqlitereplica.sidecar.replicate;

import java.time.Duration;

/**
 * How patient the writers of one destination are with each other. All of them must have the same.
 *
 * @param handOver how long an owner that has not released the destination may still do so before another takes it
 * @param lookInterval an owner that writes looks at least so often whether it still is the owner; who took the destination
 *     from another waits as long before it relies on what is there
 */
public record OwnerPatience(Duration handOver, Duration lookInterval) {
    /** 10 s and 5 s. */
    public static final OwnerPatience DEFAULT = new OwnerPatience(Duration.ofSeconds(10), Duration.ofSeconds(5));
}
