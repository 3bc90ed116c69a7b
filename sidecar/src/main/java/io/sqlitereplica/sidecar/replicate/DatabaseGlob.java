package io.sqlitereplica.sidecar.replicate;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Which databases of a folder: all whose file name matches a pattern. {@code *} stands for any characters, {@code ?} for
 * one, {@code [a-z]} for one of these, {@code {a,b}} for either. As in a shell, a name that begins with a dot matches only a
 * pattern that does, too. What SQLite puts beside a database ({@code -wal}, {@code -shm}, {@code -journal}) never matches.
 */
public final class DatabaseGlob {
    private static final Pattern SPECIAL = Pattern.compile("[*?\\[{]");
    private static final List<String> BESIDE = List.of("-wal", "-shm", "-journal");

    private final DatabaseSpec spec;
    private final Path folder;
    private final String pattern;
    private final PathMatcher matcher;

    /**
     * Of a path whose last name is a pattern.
     *
     * @param name for status, metrics and logs; each database is named {@code <name>/<file name>}
     * @throws IllegalArgumentException if a folder above is a pattern, or the pattern is none
     */
    public DatabaseGlob(String name, Path path) {
        this.spec = new DatabaseSpec(name, path);
        this.folder = Objects.requireNonNull(path.getParent());
        this.pattern = Objects.requireNonNull(path.getFileName()).toString();
        if (isGlob(folder.toString())) {
            throw new IllegalArgumentException(
                    "only the file name may be a pattern, like /data/tenants/*.db, not the folder: '" + path + "'");
        }
        this.matcher = path.getFileSystem().getPathMatcher("glob:" + pattern);
    }

    /** It has a character that makes a pattern of it. */
    public static boolean isGlob(String path) {
        return SPECIAL.matcher(path).find();
    }

    /** Name and path of the pattern itself. */
    public DatabaseSpec spec() {
        return spec;
    }

    Path folder() {
        return folder;
    }

    /** The database in a file. */
    DatabaseSpec database(String fileName) {
        return new DatabaseSpec(spec.name() + "/" + fileName, folder.resolve(fileName));
    }

    /** Whether a file of this name in the folder is meant. */
    boolean matches(String fileName) {
        return (!fileName.startsWith(".") || pattern.startsWith("."))
                && BESIDE.stream().noneMatch(fileName::endsWith)
                && matcher.matches(Path.of(fileName));
    }

    /** Whether a file is meant. */
    public boolean matches(Path file) {
        return folder.equals(file.getParent()) && matches(file.getFileName().toString());
    }

    /** The names of the files that match now; none if there is no folder. */
    Set<String> find() throws IOException {
        Set<String> names = new TreeSet<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (matches(name) && Files.isRegularFile(entry)) {
                    names.add(name);
                }
            }
        } catch (NoSuchFileException _) {
            // the app makes it
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return names;
    }
}
