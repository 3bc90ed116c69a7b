package io.sqlitereplica.sidecar.state;

/**
 * A replacement that is under way.
 *
 * @param ending of the names under which the old files are kept
 * @param request the id of the request that asked for it; empty: the histories were different
 */
public record Replacement(String ending, String request) {}
