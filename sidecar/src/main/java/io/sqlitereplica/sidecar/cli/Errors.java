package io.sqlitereplica.sidecar.cli;

import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Says in one sentence what an exception is about. */
final class Errors {
    private Errors() {}

    static String sentence(Throwable e) {
        return switch (e) {
            case UncheckedIOException unchecked when unchecked.getCause() != null -> sentence(unchecked.getCause());
            case AccessDeniedException denied -> "No permission for " + denied.getFile();
            case NoSuchFileException missing -> "There is no " + missing.getFile();
            case FileSystemException file -> file.getFile() + ": " + file.getReason();
            case RuntimeException defect ->
                "This should not have happened, please report it (--debug shows where): " + defect;
            case OutOfMemoryError outOfMemory -> "Out of memory: " + outOfMemory.getMessage();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
