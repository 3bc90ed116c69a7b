package io.sqlitereplica.sidecar.ltx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * CRC-64/ISO (also known as GO-ISO): reflected polynomial {@code D800000000000000}, all ones in and out.
 *
 * <p>There are no tables: the polynomial x^64 + x^4 + x^3 + x + 1 is so sparse that a step is a few shifts. In the
 * reflected form bit 63 stands for x^0, so multiplying by x^k is a shift to the right by k. Because x^64 = x^4 + x^3 + x
 * + 1, eight bytes are folded in by multiplying with that; squared twice it gives x^256 = x^16 + x^12 + x^4 + 1, with
 * which four words are folded at once, independent of each other, so that the CPU works on all four at the same time.
 */
final class Crc64 {
    /** The state before the first byte. */
    static final long START = -1L;

    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK_BYTES = 4 * Long.BYTES;

    private Crc64() {}

    /** The checksum of what led to this state. */
    static long value(long state) {
        return ~state;
    }

    /** The state after the bytes of the buffer between the two absolute positions. */
    static long update(long state, ByteBuffer bytes, int from, int to) {
        long crc = state;
        int at = from;
        if (to - at >= 2 * BLOCK_BYTES) {
            long a = crc ^ word(bytes, at);
            long b = word(bytes, at + 8);
            long c = word(bytes, at + 16);
            long d = word(bytes, at + 24);
            for (at += BLOCK_BYTES; to - at >= BLOCK_BYTES; at += BLOCK_BYTES) {
                a = timesX256(a) ^ word(bytes, at);
                b = timesX256(b) ^ word(bytes, at + 8);
                c = timesX256(c) ^ word(bytes, at + 16);
                d = timesX256(d) ^ word(bytes, at + 24);
            }
            crc = timesX64(timesX64(timesX64(timesX64(a) ^ b) ^ c) ^ d);
        }
        for (; to - at >= Long.BYTES; at += Long.BYTES) {
            crc = timesX64(crc ^ word(bytes, at));
        }
        for (; at < to; at++) {
            crc = updateByte(crc, bytes.get(at));
        }
        return crc;
    }

    /** The state after the four bytes of a big-endian number. */
    static long updateInt(long state, int value) {
        long crc = state;
        for (int shift = 24; shift >= 0; shift -= 8) {
            crc = updateByte(crc, (byte) (value >>> shift));
        }
        return crc;
    }

    /** The state after one more byte. */
    static long updateByte(long state, byte value) {
        long high = (state ^ value) << 56; // the eight coefficients that leave at the top: x^64 to x^71
        return state >>> 8 ^ high ^ high >>> 1 ^ high >>> 3 ^ high >>> 4;
    }

    private static long word(ByteBuffer bytes, int at) {
        return (long) LONGS.get(bytes, at);
    }

    private static long timesX64(long v) {
        long overflow = v << 63 ^ v << 61 ^ v << 60; // what the three shifts push out: again multiples of x^64
        return v ^ v >>> 1 ^ v >>> 3 ^ v >>> 4 ^ overflow ^ overflow >>> 1 ^ overflow >>> 3 ^ overflow >>> 4;
    }

    private static long timesX256(long v) {
        long overflow = v << 60 ^ v << 52 ^ v << 48; // multiples of x^64
        return v ^ v >>> 4 ^ v >>> 12 ^ v >>> 16 ^ overflow ^ overflow >>> 1 ^ overflow >>> 3 ^ overflow >>> 4;
    }
}
