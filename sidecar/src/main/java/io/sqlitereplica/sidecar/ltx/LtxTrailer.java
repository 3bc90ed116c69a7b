package io.sqlitereplica.sidecar.ltx;

/**
 * What an LTX file ends with.
 *
 * @param postApplyChecksum of the database with the file applied, or 0 in a file without checksums
 * @param fileChecksum of the file
 */
public record LtxTrailer(long postApplyChecksum, long fileChecksum) {
    /** The length of the encoded trailer. */
    static final int BYTES = 16;

    public LtxTrailer {
        if (postApplyChecksum > 0) { // as unsigned numbers: neither zero nor with bit 63
            throw new IllegalArgumentException("The post-apply checksum lacks bit 63");
        }
        if ((fileChecksum & PageChecksum.FLAG) == 0) {
            throw new IllegalArgumentException("The file checksum lacks bit 63");
        }
    }

    /** Whether a file with this header may have this checksum. */
    static boolean allows(LtxHeader header, long postApplyChecksum) {
        return header.noChecksum() ? postApplyChecksum == 0 : (postApplyChecksum & PageChecksum.FLAG) != 0;
    }
}
