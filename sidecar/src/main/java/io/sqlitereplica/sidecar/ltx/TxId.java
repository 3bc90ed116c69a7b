package io.sqlitereplica.sidecar.ltx;

import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The number of a transaction in a replica. The first is 1; {@link #ZERO} stands for the state before it.
 *
 * @param value 0 or more (the format has an unsigned number here; nobody gets that far)
 */
public record TxId(long value) implements Comparable<TxId> {
    public static final TxId ZERO = new TxId(0);

    private static final Pattern TEXT = Pattern.compile("[0-7][0-9a-f]{15}");

    public TxId {
        if (value < 0) {
            throw new IllegalArgumentException(
                    "A TXID is at most 7fffffffffffffff: " + HexFormat.of().toHexDigits(value));
        }
    }

    /**
     * Reads what {@link #toString} writes.
     *
     * @throws IllegalArgumentException if it is anything else
     */
    public static TxId parse(String text) {
        if (!TEXT.matcher(text).matches()) {
            throw new IllegalArgumentException("A TXID is 16 lower-case hexadecimal digits: " + text);
        }
        return new TxId(HexFormat.fromHexDigitsToLong(text));
    }

    public TxId next() {
        return new TxId(Math.addExact(value, 1));
    }

    @Override
    public int compareTo(TxId other) {
        return Long.compare(value, other.value);
    }

    /** 16 lower-case hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().toHexDigits(value);
    }
}
