package io.sqlitereplica.sidecar.storage;

/** The levels of a replica. */
final class Levels {
    private static final int HIGHEST = 9;

    private Levels() {}

    static int check(int level) {
        if (level < 0 || level > HIGHEST) {
            throw new IllegalArgumentException("a level is 0 to " + HIGHEST + ", not " + level);
        }
        return level;
    }
}
