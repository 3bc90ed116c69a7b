package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.io.StringReader;
import java.util.HexFormat;
import java.util.Properties;

/**
 * How far a database follows its replica.
 *
 * @param txId the last transaction that is in it
 * @param checksum that of the replica's database there; 0 if it is not known
 * @param pageSize of the database, in bytes
 */
record FollowPosition(TxId txId, long checksum, int pageSize) {
    private static final HexFormat HEX = HexFormat.of();

    String toText() {
        return "txid=%s%nchecksum=%s%npageSize=%d%n".formatted(txId, HEX.toHexDigits(checksum), pageSize);
    }

    /** Throws {@link IllegalArgumentException} if it is none. */
    static FollowPosition parse(String text) throws IOException {
        Properties fields = new Properties();
        fields.load(new StringReader(text));
        return new FollowPosition(
                TxId.parse(fields.getProperty("txid", "")),
                HexFormat.fromHexDigitsToLong(fields.getProperty("checksum", "")),
                Integer.parseInt(fields.getProperty("pageSize", "")));
    }
}
