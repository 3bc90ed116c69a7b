package io.sqlitereplica.operator.inject;

/**
 * How the controller behind a ReplicaSet runs its pods.
 *
 * @param workload the controller as a person knows it, like {@code Deployment orders}
 * @param replicas how many pods it wants
 * @param surges whether it starts a new pod before the old one has ended
 */
public record Rollout(String workload, int replicas, boolean surges) {}
