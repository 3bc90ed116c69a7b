package io.sqlitereplica.sidecar.restore;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;

/** The place a database is restored to: what must hold there before, and how the finished database gets its name. */
final class RestoreTarget {
    /** What SQLite would replay over the database, or take for its index. */
    private static final List<String> COMPANIONS = List.of("-wal", "-shm", "-journal");

    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSS'Z'").withZone(ZoneOffset.UTC);

    private final Path path;
    private final Path folder;
    private final Clock clock;

    RestoreTarget(Path path, Clock clock) {
        this.path = path.toAbsolutePath().normalize();
        Path parent = this.path.getParent();
        if (parent == null) {
            throw new IllegalArgumentException("Not a file: " + path);
        }
        this.folder = parent;
        this.clock = clock;
    }

    Path path() {
        return path;
    }

    /** Checks that there is a folder to write to, and nothing yet under the name. */
    void check() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new RestoreException(
                    "The folder %s, into which %s is to be restored, is not there: create it, or mount its volume"
                            .formatted(folder, path.getFileName()));
        }
        if (!Files.isWritable(folder)) {
            throw new RestoreException(
                    "The folder %s may not be written: it belongs to user %s, and this is user %s. Change its owner, or run as that user"
                            .formatted(folder, uid(folder), uid(Path.of("/proc/self"))));
        }
        checkAbsent();
    }

    private static Object uid(Path path) throws IOException {
        return Files.getAttribute(path, "unix:uid");
    }

    private void checkAbsent() throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new RestoreException(
                    "There is a file %s already, and a restore never overwrites: move it away, or restore to another name"
                            .formatted(path));
        }
    }

    /** Checks that so many more pages fit, with their checksums beside them. */
    void checkSpace(long morePages, int pageSize) throws IOException {
        long needed = morePages * (pageSize + Long.BYTES);
        long free = Files.getFileStore(folder).getUsableSpace();
        if (needed > free) {
            throw new RestoreException(
                    "Not enough space in %s: restoring %s takes %d MiB more, and %d MiB are free. Make space, or use a larger volume"
                            .formatted(folder, path.getFileName(), toMib(needed), toMib(free)));
        }
    }

    /** Puts what a full disk says into words. */
    IOException explain(IOException e) {
        String message = e.getMessage();
        return message != null && message.contains("No space left on device")
                ? new RestoreException(
                        "The disk ran full while %s was restored: make space in %s, or use a larger volume"
                                .formatted(path.getFileName(), folder),
                        e)
                : e;
    }

    private static long toMib(long bytes) {
        return (bytes + (1 << 20) - 1) >> 20;
    }

    /**
     * Moves what lies beside the target aside, and gives the finished database its name: durably, and only if nothing else
     * took the name meanwhile.
     *
     * @return where things were moved to
     */
    List<Path> publish(Path finished) throws IOException {
        checkAbsent();
        List<Path> aside = new ArrayList<>();
        String ending = newAsideEnding();
        for (String companion : COMPANIONS) {
            moveIfThere(companion, companion + ending, aside);
        }
        forceFolder();
        Files.move(finished, path, StandardCopyOption.ATOMIC_MOVE);
        forceFolder();
        return aside;
    }

    /**
     * Gives a database another name, durably, and all that belongs to it, so that it opens under that name with every commit.
     * What was begun before a crash is gone on with.
     *
     * @param ending that of {@link #newAsideEnding}
     * @return the new names that are there now; none if there is no database
     */
    List<Path> setAside(String ending) throws IOException {
        List<Path> aside = new ArrayList<>();
        Path database = sibling(ending);
        if (Files.exists(database, LinkOption.NOFOLLOW_LINKS)) {
            aside.add(database);
        } else if (!moveIfThere("", ending, aside)) {
            return aside;
        }
        for (String companion : COMPANIONS) {
            moveIfThere(companion, ending + companion, aside);
        }
        forceFolder();
        return aside;
    }

    /** Tells things that are set aside now from those of another time. */
    String newAsideEnding() {
        return "." + TIME.format(clock.instant()) + ".aside";
    }

    private Path sibling(String ending) {
        return path.resolveSibling(path.getFileName() + ending);
    }

    /** Renames a file that belongs to the target: from one ending behind the target's name to another. */
    private boolean moveIfThere(String ending, String newEnding, List<Path> moved) throws IOException {
        Path from = sibling(ending);
        if (!Files.exists(from, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Path to = sibling(newEnding);
        Files.move(from, to);
        moved.add(to);
        return true;
    }

    private void forceFolder() throws IOException {
        forceFolder(folder);
    }

    /** Makes the names in a folder durable. */
    static void forceFolder(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
