package io.sqlitereplica.sidecar.state;

/**
 * A step of which only the replica knows whether it was taken.
 *
 * @param position where it leads to
 * @param upload the file that the replica has if it was taken
 */
public record Unconfirmed(Position position, Completion.Uploaded upload) {}
