package io.sqlitereplica.sidecar.replicate;

import java.nio.file.Path;

/**
 * Which database.
 *
 * @param name for status, metrics and logs
 * @param path its file, absolute
 */
public record DatabaseSpec(String name, Path path) {
    public DatabaseSpec {
        if (!path.isAbsolute() || path.getFileName() == null) {
            throw new IllegalArgumentException("The path of a database is absolute and names a file: " + path);
        }
    }
}
