package io.sqlitereplica.sidecar.ltx;

import java.util.Comparator;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a file in a replica, {@code 0000000000000001-000000000000000a.ltx}: the transactions it holds.
 *
 * @param min the first, at least 1
 * @param max the last, at least {@code min}
 */
public record LtxFileName(TxId min, TxId max) implements Comparable<LtxFileName> {
    private static final Pattern TEXT = Pattern.compile("([0-7][0-9a-f]{15})-([0-7][0-9a-f]{15})\\.ltx");
    private static final Comparator<LtxFileName> ORDER =
            Comparator.comparing(LtxFileName::min).thenComparing(LtxFileName::max);

    public LtxFileName {
        if (min.equals(TxId.ZERO) || max.compareTo(min) < 0) {
            throw new IllegalArgumentException("Not a range of TXIDs: %s to %s".formatted(min, max));
        }
    }

    /** The name of a file that holds one transaction. */
    public static LtxFileName of(TxId only) {
        return new LtxFileName(only, only);
    }

    /** Empty if that is not the name of an LTX file: other things may lie around in a replica. */
    public static Optional<LtxFileName> parse(String name) {
        Matcher matcher = TEXT.matcher(name);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        TxId min = TxId.parse(matcher.group(1));
        TxId max = TxId.parse(matcher.group(2));
        return min.equals(TxId.ZERO) || max.compareTo(min) < 0
                ? Optional.empty()
                : Optional.of(new LtxFileName(min, max));
    }

    /** Whether the file holds a whole database: on every level those are the files that start at TXID 1. */
    public boolean isSnapshot() {
        return min.value() == 1;
    }

    /** By the first transaction, then by the last. */
    @Override
    public int compareTo(LtxFileName other) {
        return ORDER.compare(this, other);
    }

    @Override
    public String toString() {
        return min + "-" + max + ".ltx";
    }
}
