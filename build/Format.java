import com.palantir.javaformat.java.Main;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks, or with {@code fix} mends, the format of every Java file below a folder. Runs on the JDK that compiles
 * the project, so that it can parse what that compiler can.
 */
public final class Format {
    private Format() {}

    public static void main(String[] args) throws Exception {
        boolean fix = args[0].equals("fix");
        List<String> command = new ArrayList<>(
                fix ? List.of("--palantir", "--replace") : List.of("--palantir", "--dry-run", "--set-exit-if-changed"));
        int options = command.size();
        for (String folder : List.of(args).subList(1, args.length)) {
            if (Files.isDirectory(Path.of(folder))) {
                try (var files = Files.walk(Path.of(folder))) {
                    files.map(Path::toString).filter(f -> f.endsWith(".java")).forEach(command::add);
                }
            }
        }
        if (command.size() == options) {
            return;
        }
        try (PrintWriter out = new PrintWriter(System.out, true);
                PrintWriter err = new PrintWriter(System.err, true)) {
            int status = new Main(out, err, System.in).format(command.toArray(String[]::new));
            if (status != 0) {
                err.println("The files above are not formatted. Format them: mvn -q process-sources -Dformat=fix");
            }
            out.flush();
            err.flush();
            System.exit(status);
        }
    }
}
