package io.sqlitereplica.sidecar.state;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Says that a database is being replaced by what its replica has, from before its first file gets another name until the
 * restored one is there: the file {@code replacing}. What a crash interrupts is gone on with, under the same names. The file
 * {@code request} has the id of the last request that was done, so that none is done twice.
 */
public final class ReplacementMark {
    private static final String MARK = "replacing";
    private static final String DONE = "request";
    private static final Pattern TEXT = Pattern.compile("(\\.[0-9TZ.]{1,30}\\.aside)\n([A-Za-z0-9._-]{0,63})\n");

    private final Path folder;

    ReplacementMark(Path folder) {
        this.folder = folder;
    }

    /**
     * The replacement that is under way, if one is.
     *
     * @throws IOException if the mark cannot be read
     */
    public Optional<Replacement> get() throws IOException {
        Optional<String> text = read(MARK);
        if (text.isEmpty()) {
            return Optional.empty();
        }
        Matcher parts = TEXT.matcher(text.get());
        if (!parts.matches()) {
            throw new IOException(file() + " is not what a sidecar writes there: delete it, and see beside the database"
                    + " whether there are files with names that end in .aside");
        }
        return Optional.of(new Replacement(parts.group(1), parts.group(2)));
    }

    /** Begins, durably. */
    public void set(Replacement replacement) throws IOException {
        write(MARK, replacement.ending() + "\n" + replacement.request() + "\n");
    }

    /** Ends, durably. */
    public void clear() throws IOException {
        Files.deleteIfExists(file());
        Durable.folder(folder);
    }

    /** The id of the request that was done last. */
    public Optional<String> lastRequest() throws IOException {
        return read(DONE).map(String::strip);
    }

    /** A request was done: durably. */
    public void requestDone(String id) throws IOException {
        write(DONE, id + "\n");
    }

    private Optional<String> read(String name) throws IOException {
        try {
            return Optional.of(Files.readString(folder.resolve(name), US_ASCII));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private void write(String name, String text) throws IOException {
        Path temporary = folder.resolve(name + ".tmp");
        Durable.write(temporary, ByteBuffer.wrap(text.getBytes(US_ASCII)));
        Durable.rename(temporary, folder.resolve(name));
        Durable.folder(folder);
    }

    /** Where it is. */
    public Path file() {
        return folder.resolve(MARK);
    }
}
