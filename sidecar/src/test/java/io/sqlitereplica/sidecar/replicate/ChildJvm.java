package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.testing.S3Server;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A class of the tests in a JVM of its own. */
final class ChildJvm {
    private ChildJvm() {}

    static Process start(Class<?> main, List<String> jvmOptions, List<String> arguments) {
        return start(builder(main, jvmOptions, arguments).redirectError(ProcessBuilder.Redirect.INHERIT));
    }

    /** One that writes its errors to the end of a log, and finds more in its environment. */
    static Process start(
            Class<?> main, List<String> jvmOptions, List<String> arguments, Path log, Map<String, String> environment) {
        ProcessBuilder builder =
                builder(main, jvmOptions, arguments).redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return start(builder);
    }

    /** One that only writes to the end of a log. */
    static Process start(Class<?> main, List<String> arguments, Path log) {
        return start(builder(main, List.of(), arguments)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())));
    }

    private static ProcessBuilder builder(Class<?> main, List<String> jvmOptions, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(jvmOptions);
        command.add(main.getName());
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    private static Process start(ProcessBuilder builder) {
        try {
            builder.environment().put("AWS_ACCESS_KEY_ID", S3Server.ACCESS_KEY_ID);
            builder.environment().put("AWS_SECRET_ACCESS_KEY", S3Server.SECRET_ACCESS_KEY);
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** kill -9. */
    static void kill(Process process) {
        process.destroyForcibly();
        awaitEnd(process);
    }

    static void awaitEnd(Process process) {
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("The process does not end");
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            throw new IllegalStateException(e);
        }
    }
}
