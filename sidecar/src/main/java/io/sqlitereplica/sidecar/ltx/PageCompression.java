package io.sqlitereplica.sidecar.ltx;

import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import net.jpountz.util.Native;
import net.jpountz.xxhash.XXHash32;
import net.jpountz.xxhash.XXHashFactory;

/**
 * LZ4 and xxHash, native where possible.
 *
 * <p>lz4-java looks for {@code liblz4-java.so} in {@code -Djava.library.path} first; otherwise it unpacks its own copy
 * into {@code -Djava.io.tmpdir} at first use and deletes that at exit. So with a read-only root one of the two must be
 * set: a folder with the library in the image (better: nothing is written), or a writable folder that is not mounted
 * {@code noexec}. With neither, all of it is done in Java: correct, but slower.
 */
final class PageCompression {
    private static final LZ4Factory LZ4 = LZ4Factory.fastestInstance();

    static final LZ4Compressor COMPRESSOR = LZ4.fastCompressor();
    static final LZ4SafeDecompressor DECOMPRESSOR = LZ4.safeDecompressor();
    static final XXHash32 XXHASH =
            (Native.isLoaded() ? XXHashFactory.fastestInstance() : XXHashFactory.safeInstance()).hash32();

    private PageCompression() {}

    /** The most bytes that LZ4 makes of so many. */
    static int maxCompressedLength(int bytes) {
        return COMPRESSOR.maxCompressedLength(bytes);
    }
}
