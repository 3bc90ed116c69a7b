package io.sqlitereplica.sidecar.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

@Command(name = "version", description = "Prints the version.")
final class VersionCommand implements Callable<Integer> {
    private final Console console;

    VersionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws IOException {
        console.out().println(text());
        return ExitCode.OK;
    }

    /** What is printed. */
    static String text() throws IOException {
        return "sqlite-replica %s (Java %s)".formatted(version(), Runtime.version());
    }

    /** The version of this program. */
    static String version() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = Objects.requireNonNull(
                VersionCommand.class.getResourceAsStream("version.properties"), "version.properties")) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }

    /** For {@code --version}. */
    static final class Provider implements IVersionProvider {
        @Override
        public String[] getVersion() throws IOException {
            return new String[] {text()};
        }
    }
}
