package io.sqlitereplica.sidecar.testing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A JVM of its own with the classes of this one, to be killed or kept short of memory. */
public final class ChildJvm {
    /** The options of the distribution that decide about memory. */
    public static final List<String> SMALL = List.of(
            "-Xmx24m",
            "-Xmn4m",
            "-XX:MaxDirectMemorySize=12m",
            "-XX:+UseSerialGC",
            "-Xss256k",
            "-XX:ReservedCodeCacheSize=24m");

    private ChildJvm() {}

    /** Starts {@code main}; what it prints goes where this JVM prints, but for its standard output. */
    public static Process start(List<String> options, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("--enable-native-access=ALL-UNNAMED");
        command.add("-cp");
        command.add(System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
        command.add(main.getName());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(process::destroyForcibly));
        return process;
    }
}
