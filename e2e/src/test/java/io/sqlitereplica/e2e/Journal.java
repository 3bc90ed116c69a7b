package io.sqlitereplica.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** What an app said it had committed, kept outside of its pod: follows the log of its container to the end. */
final class Journal implements AutoCloseable {
    static final String COMMITTED = "committed ";

    private static final int END_SECONDS = 90;

    private final Path file;
    private final Process follower;

    Journal(Scene scene, String app) throws IOException {
        file = Files.createTempFile("journal", ".log");
        follower = new ProcessBuilder(scene.cluster()
                        .kubectlWords("-n", scene.namespace(), "logs", "--follow", app + "-0", "-c", "app"))
                .redirectOutput(file.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** The commits so far, in their order. */
    List<String> lines() throws IOException {
        return commits(Files.readAllLines(file));
    }

    /** All commits of the container, which is about to end. */
    List<String> linesAfterTheEnd() throws IOException, InterruptedException {
        if (!follower.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("The container of the app has not ended.");
        }
        return lines();
    }

    static List<String> commits(List<String> log) {
        return log.stream().filter(line -> line.startsWith(COMMITTED)).toList();
    }

    @Override
    public void close() throws IOException {
        follower.destroy();
        Files.delete(file);
    }
}
