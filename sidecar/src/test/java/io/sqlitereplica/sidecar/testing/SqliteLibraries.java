package io.sqlitereplica.sidecar.testing;

import java.util.ArrayList;
import java.util.List;

/** The SQLite libraries of this machine that an app can be made to use, beside the one in the driver. */
public final class SqliteLibraries {
    /** Debian's: old enough to have defects that apps in the field have. */
    private static final String SYSTEM = "libsqlite3.so.0";

    /** The driver's own version, but with functions that can be called, and a table of files that can be changed. */
    private static final String CURRENT = "libsqlite3-3.54.1.so";

    private static final int FIRST_WITHOUT_ZERO_CHECKSUMS = 50;

    private SqliteLibraries() {}

    /** The files of those that are there; says, as {@link Peer} does, which are not. */
    public static List<String> installed() {
        List<String> libraries = new ArrayList<>();
        if (NativeSqlite.load(SYSTEM) != null) {
            libraries.add(SYSTEM);
        } else {
            System.err.println("SKIPPED: writers on an old SQLite, for want of " + SYSTEM);
        }
        Program.optional(CURRENT, "SQLITE_REPLICA_SQLITE", "kill points of the current SQLite")
                .ifPresent(file -> libraries.add(file.toString()));
        return libraries;
    }

    /**
     * A library that publishes frames without checksums: a writer that dies in the wrong moment makes the next recovery
     * drop commits that are partly in the database, which may damage it.
     */
    public static boolean damagesDatabases(String file) {
        NativeSqlite library = NativeSqlite.load(file);
        return library != null
                && Integer.parseInt(library.version().split("\\.", -1)[1]) < FIRST_WITHOUT_ZERO_CHECKSUMS;
    }
}
