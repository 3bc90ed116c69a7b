package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.restore.RestorePoint;

/**
 * Asks for a restore in place of the database that is there. It is done before the app starts, once for each database and id.
 *
 * @param id names the request
 * @param point what is to be restored
 */
public record RestoreRequest(String id, RestorePoint point) {
    public RestoreRequest {
        if (!id.matches("[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")) {
            throw new IllegalArgumentException("'" + id
                    + "' is not an id: 1 to 63 letters, digits, dots, dashes and underscores, the first and"
                    + " the last a letter or digit");
        }
    }
}
