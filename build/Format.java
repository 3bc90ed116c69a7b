import com.palantir.javaformat.java.Main;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks, or with {@code fix} mends, the format of every Java file below a folder that changed since the last good check.
 * Runs on the JDK that compiles the project, so that it can parse what that compiler can.
 *
 * <p>Arguments: {@code check} or {@code fix}, the file whose time is that of the last good check, the folder.
 */
public final class Format {
    private Format() {}

    public static void main(String[] args) throws Exception {
        boolean fix = args[0].equals("fix");
        Path stamp = Path.of(args[1]);
        Path folder = Path.of(args[2]);
        FileTime start = FileTime.fromMillis(System.currentTimeMillis());
        List<String> files = Files.isDirectory(folder) ? changedSince(stamp, folder) : List.of();
        if (!files.isEmpty()) {
            int status = format(fix, files);
            if (status != 0) {
                System.err.println("The files above are not formatted. Format them: mvn -q process-sources -Dformat=fix");
                System.exit(status);
            }
        }
        Files.createDirectories(stamp.getParent());
        Files.writeString(stamp, "");
        Files.setLastModifiedTime(stamp, start);
        System.exit(0); // the formatter leaves threads behind
    }

    private static List<String> changedSince(Path stamp, Path folder) throws IOException {
        FileTime last = Files.exists(stamp) ? Files.getLastModifiedTime(stamp) : FileTime.fromMillis(0);
        try (var files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .filter(file -> modified(file).compareTo(last) >= 0)
                    .map(Path::toString)
                    .toList();
        }
    }

    private static FileTime modified(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int format(boolean fix, List<String> files) throws Exception {
        List<String> command = new ArrayList<>(
                fix ? List.of("--palantir", "--replace") : List.of("--palantir", "--dry-run", "--set-exit-if-changed"));
        command.addAll(files);
        try (PrintWriter out = new PrintWriter(System.out, true);
                PrintWriter err = new PrintWriter(System.err, true)) {
            return new Main(out, err, System.in).format(command.toArray(String[]::new));
        }
    }
}
