package io.sqlitereplica.sidecar.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A small ext4 of its own on a loop device, mounted somewhere. It can be filled, mounted read-only, and made to fail: its
 * image lies in a file system in memory, and when that one is full, blocks that were free so far cannot be written.
 *
 * <p>Needs root, {@code mkfs.ext4} and {@code mount}: where they are missing the test is skipped, as {@link S3Server} says.
 */
public final class SmallVolume implements AutoCloseable {
    private static final int MIB = 1 << 20;

    private final Path memory;
    private final Path mountPoint;
    private final long bytes;
    private final List<Path> mounted = new ArrayList<>();

    private SmallVolume(Path memory, Path mountPoint, long bytes) {
        this.memory = memory;
        this.mountPoint = mountPoint;
        this.bytes = bytes;
    }

    /** Makes one and mounts it on a folder that is there. */
    public static SmallVolume mount(Path mountPoint, int mebibytes) throws IOException {
        requireRoot();
        Path memory = Files.createTempDirectory("small-volume-");
        SmallVolume volume = new SmallVolume(memory, mountPoint, (long) mebibytes * MIB);
        try {
            volume.make();
            return volume;
        } catch (Throwable e) {
            volume.close();
            throw e;
        }
    }

    /** Skips the test without root, and without what it has. */
    public static void requireRoot() {
        if (!System.getProperty("user.name").equals("root") || !Files.isExecutable(Path.of("/usr/sbin/mkfs.ext4"))) {
            Program.skip("the tests of full, broken and forbidden disks; they need root, mkfs.ext4 and loop devices");
        }
    }

    private void make() throws IOException {
        run("mount", "-t", "tmpfs", "-o", "size=" + (bytes + 4 * MIB), "tmpfs", memory.toString());
        mounted.add(memory);
        Path image = memory.resolve("image");
        write(image, bytes);
        run("mkfs.ext4", "-q", "-m", "0", "-b", "4096", "-E", "nodiscard,lazy_itable_init=0", image.toString());
        fillHoles(image); // so that the journal and the other tables have all their blocks
        mountImage();
    }

    private void mountImage() throws IOException {
        run("mount", "-o", "loop", memory.resolve("image").toString(), mountPoint.toString());
        mounted.add(mountPoint);
    }

    private static void fillHoles(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer some = ByteBuffer.allocate(MIB);
            for (long at = 0; channel.read(some.clear(), at) > 0; at += some.position()) {
                channel.write(some.flip(), at);
            }
        }
    }

    /** Fills it until so many bytes are free, as an app's other files would. */
    public void fillUpTo(long freeBytes) throws IOException {
        Path filler = mountPoint.resolve("filler");
        try (FileChannel file = FileChannel.open(filler, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            long end = file.size();
            ByteBuffer some = ByteBuffer.allocate(64 * 1024);
            while (freeBytes() > freeBytes) {
                while (freeBytes() > freeBytes) {
                    some.clear().limit((int) Math.min(some.capacity(), freeBytes() - freeBytes));
                    end += file.write(some, end);
                }
                file.force(true); // only now there is the room of files that were deleted shortly before
            }
        }
    }

    /** Undoes {@link #fillUpTo}. */
    public void makeRoom() throws IOException {
        Files.deleteIfExists(mountPoint.resolve("filler"));
    }

    public long freeBytes() throws IOException {
        return Files.getFileStore(mountPoint).getUsableSpace();
    }

    public long totalBytes() throws IOException {
        return Files.getFileStore(mountPoint).getTotalSpace();
    }

    /** From now on no file can be opened for writing; those that are open already stay as they are. */
    public void makeReadOnly() throws IOException {
        Path readOnly = Files.createDirectories(memory.resolve("read-only"));
        run("mount", "--bind", mountPoint.toString(), readOnly.toString());
        mounted.add(readOnly);
        run("mount", "-o", "remount,bind,ro", readOnly.toString());
        run("mount", "--bind", readOnly.toString(), mountPoint.toString()); // which is read-only, too, at once
        mounted.add(mountPoint);
    }

    /** Undoes {@link #makeReadOnly}. */
    public void makeWritable() throws IOException {
        run("umount", "--lazy", mounted.removeLast().toString());
        run("umount", mounted.removeLast().toString());
    }

    /** From now on no block that is free now can be written: an error when it is written back, so in fsync. */
    public void breakFreeBlocks() throws IOException {
        run("sync", "-f", mountPoint.toString());
        run("fstrim", mountPoint.toString()); // their memory goes back to the file system below,
        write(memory.resolve("filler"), Long.MAX_VALUE); // which is filled
    }

    /** Undoes {@link #breakFreeBlocks}. */
    public void heal() throws IOException {
        Files.deleteIfExists(memory.resolve("filler"));
    }

    /** Mounts it anew: what could not be written is forgotten, as after a power loss. Nobody may use it meanwhile. */
    public void remount() throws IOException {
        run("umount", mounted.removeLast().toString());
        mountImage();
    }

    private static void write(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            ByteBuffer some = ByteBuffer.allocate(MIB);
            for (long written = 0; written < size; written += some.position()) {
                some.clear().limit((int) Math.min(MIB, size - written));
                channel.write(some);
            }
        } catch (IOException e) {
            if (size != Long.MAX_VALUE) {
                throw e;
            }
        }
    }

    private static void run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8).strip();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": " + said);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** Unmounts it. Nobody may use it any more. */
    @Override
    public void close() throws IOException {
        for (Path point : mounted.reversed()) {
            run("umount", point.toString());
        }
        mounted.clear();
        Files.deleteIfExists(memory);
    }
}
