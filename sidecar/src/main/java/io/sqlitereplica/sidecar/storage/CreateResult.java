package io.sqlitereplica.sidecar.storage;

/** What became of an attempt to create a file in a replica. */
public enum CreateResult {
    /** The file was not there and now is, durably. */
    CREATED,

    /**
     * A file of that name was there and was left as it is. It may be our own: of an earlier attempt whose answer was
     * lost. Only a comparison of the contents tells.
     */
    EXISTS
}
