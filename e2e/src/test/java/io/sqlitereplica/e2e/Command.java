package io.sqlitereplica.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of this machine. */
final class Command {
    private Command() {}

    /** What a program printed, on standard output and standard error, and its exit code. */
    record Result(List<String> words, int status, String output) {
        /** What it printed; an exception with that when it failed. */
        String requireSuccess() {
            if (status != 0) {
                throw new IllegalStateException(
                        "%s ended with %d: %s".formatted(String.join(" ", words), status, output));
            }
            return output;
        }
    }

    /** Runs a program to its end, which is killed when it takes longer than the limit. */
    static Result run(Path folder, Duration limit, List<String> words) {
        try {
            Path output = Files.createTempFile("e2e", ".out");
            try {
                Process process = new ProcessBuilder(words)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException("%s did not end within %s: %s"
                            .formatted(String.join(" ", words), limit, Files.readString(output)));
                }
                return new Result(List.copyOf(words), process.exitValue(), Files.readString(output));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new IllegalStateException("This cannot be run: " + String.join(" ", words), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
