package io.sqlitereplica.sidecar.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Has a process killed at a system call, as kill -9 would there, without a line for it in what is tested: a small library
 * that the process loads before all others.
 */
public final class KillCalls {
    private static final String SOURCE = "killcall.c";

    private final Path library;

    private KillCalls(Path library) {
        this.library = library;
    }

    /**
     * Which calls.
     *
     * @param file a pattern for the whole path, with {@code *}
     * @param names of the calls; {@code lock} for a lock of a range of bytes taken or given back
     * @param firstByte of {@code lock}: where that range may begin
     * @param lastByte likewise
     */
    public record Calls(String file, List<String> names, int firstByte, int lastByte) {
        public static Calls on(String file, String... names) {
            return new Calls(file, List.of(names), 0, 0);
        }

        public static Calls locks(String file, int firstByte, int lastByte) {
            return new Calls(file, List.of("lock"), firstByte, lastByte);
        }
    }

    /** Compiles the library into a folder; where there is no compiler, says so as {@link Peer} does. */
    public static Optional<KillCalls> compile(Path folder) throws IOException, InterruptedException {
        Optional<Path> compiler = Program.optional("gcc", "SQLITE_REPLICA_GCC", "kills at system calls");
        if (compiler.isEmpty()) {
            return Optional.empty();
        }
        Path source = folder.resolve(SOURCE);
        try (InputStream in = KillCalls.class.getResourceAsStream(SOURCE)) {
            if (in == null) {
                throw new IllegalStateException("No resource " + SOURCE);
            }
            Files.copy(in, source);
        }
        Path library = folder.resolve("killcall.so");
        Process process = new ProcessBuilder(
                        compiler.get().toString(),
                        "-shared",
                        "-fPIC",
                        "-O1",
                        "-o",
                        library.toString(),
                        source.toString())
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("The compiler does not take " + source);
        }
        return Optional.of(new KillCalls(library));
    }

    /**
     * The environment of a process that is to die.
     *
     * @param count at which of the calls
     * @param after right after it, not right before
     * @param report gets a line
     */
    public Map<String, String> environment(Calls calls, int count, boolean after, Path report) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LD_PRELOAD", library.toString());
        environment.put("KILLCALL_NAMES", "," + String.join(",", calls.names()) + ",");
        environment.put("KILLCALL_FILE", calls.file());
        environment.put("KILLCALL_FIRST", Integer.toString(calls.firstByte()));
        environment.put("KILLCALL_LAST", Integer.toString(calls.lastByte()));
        environment.put("KILLCALL_COUNT", Integer.toString(count));
        environment.put("KILLCALL_REPORT", report.toString());
        if (after) {
            environment.put("KILLCALL_AFTER", "1");
        }
        return environment;
    }
}
