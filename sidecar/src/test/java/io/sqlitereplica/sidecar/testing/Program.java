package io.sqlitereplica.sidecar.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * A program that some tests need and that may not be there. Looked for in the file that an environment variable names, on
 * the PATH, and where Go installs.
 */
final class Program {
    private static final Set<String> REPORTED = ConcurrentHashMap.newKeySet();

    private Program() {}

    /**
     * The program. Where it is missing the test is skipped, loudly, or fails if {@code SQLITE_REPLICA_REQUIRE_ALL} is
     * {@code true}.
     */
    static Path require(String name, String variable) {
        Optional<Path> found = find(name, variable);
        if (found.isEmpty()) {
            skip("the tests that need %s; e2e/peer/install installs it, or let %s name it".formatted(name, variable));
        }
        return found.orElseThrow();
    }

    /** The program, for a test that can do without a part of what it does; says which part, as {@link #require} does. */
    static Optional<Path> optional(String name, String variable, String part) {
        Optional<Path> found = find(name, variable);
        if (found.isEmpty()) {
            missing("%s, for want of %s; e2e/peer/install installs it, or let %s name it"
                    .formatted(part, name, variable));
        }
        return found;
    }

    /** Skips the test, once in so many words for each reason, or fails it. */
    static void skip(String what) {
        missing(what);
        Assumptions.abort(what);
    }

    private static void missing(String what) {
        if (Boolean.parseBoolean(System.getenv("SQLITE_REPLICA_REQUIRE_ALL"))) {
            Assertions.fail("Not to be skipped: " + what);
        }
        if (REPORTED.add(what)) {
            System.err.println("SKIPPED: " + what);
        }
    }

    private static Optional<Path> find(String name, String variable) {
        String named = System.getenv(variable);
        if (named != null && !named.isEmpty()) {
            Path program = Path.of(named);
            if (!Files.isExecutable(program)) {
                Assertions.fail("%s=%s is not a program".formatted(variable, named));
            }
            return Optional.of(program);
        }
        List<Path> folders = new ArrayList<>();
        for (String folder :
                Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator, -1)) {
            folders.add(Path.of(folder));
        }
        folders.add(Path.of(System.getProperty("user.home"), "go", "bin"));
        return folders.stream()
                .map(folder -> folder.resolve(name))
                .filter(Program::isProgram)
                .findFirst();
    }

    private static boolean isProgram(Path file) {
        return Files.isRegularFile(file) && Files.isExecutable(file);
    }
}
