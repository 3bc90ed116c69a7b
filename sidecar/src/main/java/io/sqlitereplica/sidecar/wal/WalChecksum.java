package io.sqlitereplica.sidecar.wal;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The running checksum of SQLite's log: over pairs of 32-bit words, in the byte order that the log's magic number names.
 */
final class WalChecksum {
    private final ByteOrder order;
    private int first;
    private int second;

    WalChecksum(ByteOrder order) {
        this.order = order;
    }

    /** Goes on from these values. */
    void set(int checksum1, int checksum2) {
        first = checksum1;
        second = checksum2;
    }

    /** Adds bytes, a multiple of eight. Leaves the buffer's position, limit and order as they are. */
    void add(ByteBuffer buffer, int offset, int bytes) {
        ByteBuffer words = buffer.duplicate().order(order);
        int a = first;
        int b = second;
        for (int i = offset, end = offset + bytes; i < end; i += 8) {
            a += words.getInt(i) + b;
            b += words.getInt(i + 4) + a;
        }
        first = a;
        second = b;
    }

    boolean is(int checksum1, int checksum2) {
        return first == checksum1 && second == checksum2;
    }

    int first() {
        return first;
    }

    int second() {
        return second;
    }
}
