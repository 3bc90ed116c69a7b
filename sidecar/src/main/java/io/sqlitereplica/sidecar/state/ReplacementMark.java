package io.sqlitereplica.sidecar.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Says that a database is being replaced by what its replica has, from before its first file gets another name until the
 * restored one is there: the file {@code replacing}, which holds the ending of the names under which the old files are kept.
 * What a crash interrupts is gone on with, under the same names.
 */
public final class ReplacementMark {
    private static final String NAME = "replacing";
    private static final Pattern ENDING = Pattern.compile("\\.[0-9TZ.]{1,30}\\.aside");

    private final Path folder;

    ReplacementMark(Path folder) {
        this.folder = folder;
    }

    /**
     * The ending, if a replacement is under way.
     *
     * @throws IOException if the mark cannot be read
     */
    public Optional<String> ending() throws IOException {
        String text;
        try {
            text = Files.readString(file(), StandardCharsets.ISO_8859_1).strip();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (!ENDING.matcher(text).matches()) {
            throw new IOException(file() + " is not what a sidecar writes there: delete it, and see beside the database"
                    + " whether there are files with names that end in .aside");
        }
        return Optional.of(text);
    }

    /** Begins, durably. */
    public void set(String ending) throws IOException {
        Path temporary = folder.resolve(NAME + ".tmp");
        Durable.write(temporary, ByteBuffer.wrap((ending + "\n").getBytes(StandardCharsets.ISO_8859_1)));
        Durable.rename(temporary, file());
        Durable.folder(folder);
    }

    /** Ends, durably. */
    public void clear() throws IOException {
        Files.deleteIfExists(file());
        Durable.folder(folder);
    }

    /** Where it is. */
    public Path file() {
        return folder.resolve(NAME);
    }
}
