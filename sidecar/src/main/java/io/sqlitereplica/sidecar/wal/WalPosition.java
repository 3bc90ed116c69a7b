package io.sqlitereplica.sidecar.wal;

import java.util.HexFormat;

/**
 * A place in the log: behind a commit frame of one generation.
 *
 * @param salts the generation: both salts as they stand in the files, the first in the upper half
 * @param frame number of the commit frame, from 1; 0 is the start of the generation
 * @param checksum1 first half of the running checksum behind that frame; 0 at the start
 * @param checksum2 second half
 */
public record WalPosition(long salts, int frame, int checksum1, int checksum2) {
    public WalPosition {
        if (frame < 0) {
            throw new IllegalArgumentException("Frame " + frame + " is below 0");
        }
        // At frame 0 SQLite leaves the previous generation's checksum in the published header: it means nothing.
        if (frame == 0 && (checksum1 != 0 || checksum2 != 0)) {
            throw new IllegalArgumentException("The start of a generation has no checksum");
        }
    }

    /** The start of a generation: nothing of it is staged. */
    public static WalPosition startOf(long salts) {
        return new WalPosition(salts, 0, 0, 0);
    }

    /** {@code 9e3779b97f4a7c15:1042}: the generation and the frame. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(salts) + ":" + frame;
    }
}
