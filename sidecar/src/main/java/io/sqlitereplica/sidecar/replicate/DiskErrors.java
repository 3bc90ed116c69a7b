package io.sqlitereplica.sidecar.replicate;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.sqlite.SQLiteException;

/** Says what a failure of the file system means for a database and its state folder, and the way out. */
final class DiskErrors {
    private DiskErrors() {}

    /** Empty: it is not one. */
    static Optional<String> explain(Path database, Throwable e) {
        return switch (e) {
            case AccessDeniedException denied -> Optional.of(denied(database, Path.of(denied.getFile())));
            case FileSystemException file
            when file.getReason() != null ->
                explain(database, file.getReason(), file.getFile() + ": " + file.getReason());
            case IOException failure
            when failure.getMessage() != null -> explain(database, failure.getMessage(), failure.getMessage());
            case SQLiteException sqlite -> explain(database, sqlite);
            default -> Optional.empty();
        };
    }

    private static String denied(Path database, Path file) {
        return "%s is not replicated: we may not use %s%s. Run the sidecar as the user that owns the database, or give it the permission"
                .formatted(database, file, whose(file));
    }

    /** Of the file, or of the nearest folder above it that we may look at. */
    private static String whose(Path file) {
        for (Path there = file; there != null; there = there.getParent()) {
            try {
                return ": %s belongs to uid %s, and we run as uid %s"
                        .formatted(
                                there.equals(file) ? "it" : there,
                                Files.getAttribute(there, "unix:uid"),
                                Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
            } catch (IOException e) {
                // it is not there, or hidden by a folder that is not ours
            }
        }
        return "";
    }

    private static Optional<String> explain(Path database, String reason, String said) {
        String text = reason.toLowerCase(Locale.ROOT);
        if (text.contains("no space left") || text.contains("quota exceeded")) {
            return Optional.of(full(database, said));
        }
        if (text.contains("read-only file system")) {
            return Optional.of(readOnly(database, said));
        }
        if (text.contains("input/output error")) {
            return Optional.of(broken(database, said));
        }
        return Optional.empty();
    }

    private static Optional<String> explain(Path database, SQLiteException e) {
        String said = String.valueOf(e.getMessage());
        return switch (e.getResultCode().code & 0xff) {
            case 13 -> Optional.of(full(database, said));
            case 8 -> Optional.of(readOnly(database, said));
            case 10 -> Optional.of(broken(database, said));
            default -> Optional.empty();
        };
    }

    private static String full(Path database, String said) {
        return ("%s is not replicated: its volume, or that of its state folder, is full (%s). Make room there;"
                        + " replication goes on by itself then, and ships what was committed meanwhile")
                .formatted(database, said);
    }

    private static String readOnly(Path database, String said) {
        return ("%s is not replicated: its volume cannot be written (%s). Mount it for writing; if it became read-only"
                        + " by itself, the node's kernel log says why")
                .formatted(database, said);
    }

    private static String broken(Path database, String said) {
        return ("%s is not replicated: its disk fails (%s). The node's kernel log says why. It is tried again, and"
                        + " nothing that was being written is relied upon")
                .formatted(database, said);
    }
}
