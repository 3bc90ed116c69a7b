package io.sqlitereplica.sidecar.storage;

/**
 * An owner record as it is in a destination.
 *
 * @param tag tells it from every other that was there before or will be: what it is replaced by
 */
public record StoredOwner(OwnerRecord record, String tag) {}
