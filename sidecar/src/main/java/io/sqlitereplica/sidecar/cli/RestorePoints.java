package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.restore.RestorePoint;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

/** Reads what a person writes for a point. */
final class RestorePoints {
    private RestorePoints() {}

    /** A TXID, as {@code list} prints it. */
    static RestorePoint txId(String text) {
        return new RestorePoint.AtTxId(TxId.parse(text));
    }

    /** A time with its zone. */
    static RestorePoint time(String text) {
        try {
            return new RestorePoint.AtTime(OffsetDateTime.parse(text).toInstant());
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException(
                    "a time with its zone is needed, as 2026-11-25T12:00:00Z or 2026-11-25T13:00:00+01:00: " + text, e);
        }
    }
}
