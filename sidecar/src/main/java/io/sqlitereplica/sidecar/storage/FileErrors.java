package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.util.Locale;

/** Says what a failure of the file system means for a destination. */
final class FileErrors {
    private FileErrors() {}

    static StoreException explain(String location, String verb, IOException e) {
        if (e instanceof StoreException known) {
            return known;
        }
        String what = "Cannot %s the destination %s: ".formatted(verb, location);
        if (e instanceof AccessDeniedException denied) {
            return new StoreException(
                    StoreException.Kind.FORBIDDEN,
                    what + "this user may not use " + denied.getFile() + "; give it the permission, or set runAsUser",
                    e);
        }
        String reason = reason(e);
        String text = reason.toLowerCase(Locale.ROOT);
        if (text.contains("read-only file system")) {
            return new StoreException(StoreException.Kind.FORBIDDEN, what + "it is mounted read-only", e);
        }
        if (text.contains("no space left") || text.contains("quota")) {
            return new StoreException(
                    StoreException.Kind.OTHER, what + "its volume is full (" + reason + "); make room there", e);
        }
        return new StoreException(StoreException.Kind.OTHER, what + reason, e);
    }

    private static String reason(IOException e) {
        if (e instanceof FileSystemException failure && failure.getReason() != null) {
            return failure.getReason() + " (" + failure.getFile() + ")";
        }
        String message = e.getMessage();
        return message != null ? message : e.toString();
    }
}
