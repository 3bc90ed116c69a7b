package io.sqlitereplica.sidecar.state;

/**
 * A point in a WAL: behind its frame number {@code frame}, whose checksum tells this frame from any other.
 *
 * @param salt1 of the WAL's generation, as in the file
 * @param salt2 of the WAL's generation, as in the file
 * @param frame 1 or more
 * @param checksum1 of that frame, as in the file
 * @param checksum2 of that frame, as in the file
 */
public record WalMark(int salt1, int salt2, int frame, int checksum1, int checksum2) {
    public WalMark {
        if (frame < 1) {
            throw new IllegalArgumentException("Not a frame of a WAL: " + frame);
        }
    }
}
