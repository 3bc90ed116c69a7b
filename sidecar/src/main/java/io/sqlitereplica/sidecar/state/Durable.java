package io.sqlitereplica.sidecar.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * Makes changes outlive a power loss.
 *
 * <p>Contents are forced through the descriptor that wrote them, which alone is sure to hear of an error of the disk. And an
 * error is final: Linux drops what it could not write or calls it clean, so that a second fsync says yes to contents that are
 * nowhere. See the package for what follows from that.
 */
final class Durable {
    private Durable() {}

    /** Writes a new file, or one that is overwritten, durably but for its name. */
    static void write(Path file, ByteBuffer contents) throws IOException {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            while (contents.hasRemaining()) {
                channel.write(contents);
            }
            channel.force(true);
        }
    }

    /** Makes the names in a folder durable. */
    static void folder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Renames within one folder, over what is there. Durable after {@link #folder}. */
    static void rename(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }
}
