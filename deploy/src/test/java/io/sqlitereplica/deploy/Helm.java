package io.sqlitereplica.deploy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The program {@code helm}, from PATH or from where {@code deploy/helm/install} puts it. */
record Helm(Path program) {
    private static final Path CHART = Path.of("helm", "sqlitereplica");
    private static final String REQUIRE_ALL_VARIABLE = "SQLITE_REPLICA_REQUIRE_ALL";

    /** What a run printed, and its exit code. */
    record Result(int status, String output, String errors) {}

    /** Skips the test, loudly, where there is no Helm; fails it when SQLITE_REPLICA_REQUIRE_ALL is true. */
    static Helm required() {
        Optional<Path> program = folders()
                .map(folder -> folder.resolve("helm"))
                .filter(Files::isExecutable)
                .findFirst();
        if (program.isEmpty()) {
            String message = "there is no helm, so the chart is not tested; install it: deploy/helm/install";
            if (Boolean.parseBoolean(System.getenv(REQUIRE_ALL_VARIABLE))) {
                throw new IllegalStateException(message);
            }
            System.err.println("SKIPPED: " + message);
            Assumptions.abort(message);
        }
        return new Helm(program.orElseThrow());
    }

    private static Stream<Path> folders() {
        String bin = System.getenv("GOBIN");
        return Stream.concat(
                Stream.of(System.getenv("PATH").split(File.pathSeparator)).map(Path::of),
                Stream.of(bin != null ? Path.of(bin) : Path.of(System.getProperty("user.home"), "go", "bin")));
    }

    /** Runs one of Helm's commands on the chart; the chart stands after the command's own words. */
    Result run(List<String> command, String... flags) {
        List<String> words = new ArrayList<>(List.of(program.toString()));
        words.addAll(command);
        words.add(CHART.toString());
        words.addAll(List.of(flags));
        try {
            Path output = Files.createTempFile("helm", ".out");
            Path errors = Files.createTempFile("helm", ".err");
            try {
                Process process = new ProcessBuilder(words)
                        .redirectOutput(output.toFile())
                        .redirectError(errors.toFile())
                        .start();
                if (!process.waitFor(60, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("helm did not end within a minute: " + words);
                }
                return new Result(
                        process.exitValue(), Files.readString(output, UTF_8), Files.readString(errors, UTF_8));
            } finally {
                Files.delete(output);
                Files.delete(errors);
            }
        } catch (IOException e) {
            throw new IllegalStateException("helm cannot be run: " + words, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /** The manifests of a release "sqlitereplica" in the namespace "operators". */
    Result template(String... flags) {
        List<String> words = new ArrayList<>(List.of("--namespace", "operators", "--kube-version", "1.30.0"));
        words.addAll(List.of(flags));
        return run(List.of("template", "sqlitereplica"), words.toArray(String[]::new));
    }
}
