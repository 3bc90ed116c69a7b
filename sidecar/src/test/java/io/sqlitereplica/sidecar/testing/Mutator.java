package io.sqlitereplica.sidecar.testing;

import java.util.Arrays;
import java.util.Random;

/** Damages bytes in the ways that disks, crashes and people do. Its seed is printed, and {@code -Dseed} sets it. */
public final class Mutator {
    private static final int MOST_EDITS = 4;
    private static final int LONGEST_RUN = 15;

    private final Random random;

    /** One for a test, whose name is printed with the seed. */
    public Mutator(String test) {
        long seed = Long.getLong("seed", System.nanoTime());
        System.out.println(test + ": -Dseed=" + seed);
        this.random = new Random(seed);
    }

    public Random random() {
        return random;
    }

    /** The bytes with a few of them flipped, overwritten, moved, lost or repeated, or the end cut off. */
    public byte[] damage(byte[] original) {
        byte[] bytes = original;
        for (int edits = 1 + random.nextInt(MOST_EDITS); edits > 0; edits--) {
            bytes = edit(bytes);
        }
        return bytes;
    }

    private byte[] edit(byte[] original) {
        if (original.length == 0) {
            return new byte[] {(byte) random.nextInt()};
        }
        byte[] bytes = original.clone();
        int at = random.nextInt(bytes.length);
        int run = 1 + random.nextInt(Math.min(LONGEST_RUN, bytes.length - at));
        switch (random.nextInt(7)) {
            case 0, 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 2 -> Arrays.fill(bytes, at, at + run, (byte) (random.nextBoolean() ? 0 : random.nextInt()));
            case 3 -> System.arraycopy(original, at, bytes, random.nextInt(bytes.length - run + 1), run);
            case 4 -> bytes = Arrays.copyOf(bytes, at);
            case 5 -> bytes = join(original, at, at + run);
            default -> bytes = join(original, at + run, at);
        }
        return bytes;
    }

    /** The bytes before {@code end}, then those from {@code start} on. */
    private static byte[] join(byte[] bytes, int end, int start) {
        byte[] joined = Arrays.copyOf(bytes, end + bytes.length - start);
        System.arraycopy(bytes, start, joined, end, bytes.length - start);
        return joined;
    }
}
