package io.sqlitereplica.sidecar.cli;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.ScopeType;

/** The command line: finds the command, and turns what goes wrong into one sentence and an exit code. */
final class CommandLineTool {
    private final PrintStream out;
    private final PrintStream err;

    CommandLineTool(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Runs a command and returns the exit code for the process. */
    int run(String... args) {
        Root root = new Root();
        Console console = new Console(out, err);
        CommandLine commandLine = new CommandLine(root)
                .addSubcommand(new ReplicateCommand())
                .addSubcommand(new RestoreCommand(console))
                .addSubcommand(new ListCommand(console))
                .addSubcommand(new VerifyCommand(console))
                .addSubcommand(new ImportCommand(console))
                .addSubcommand(new VersionCommand(console))
                .addSubcommand(new CompletionCommand(console))
                .setExpandAtFiles(false)
                .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                .setExecutionStrategy(parsed -> execute(parsed, root))
                .setParameterExceptionHandler((e, _) -> usage(e))
                .setExecutionExceptionHandler((e, _, _) -> failure(e, root.debug));
        return commandLine.execute(args);
    }

    private int execute(ParseResult parsed, Root root) {
        if (!parsed.hasSubcommand() && !root.help && !root.versionWanted) {
            throw new ParameterException(
                    parsed.commandSpec().commandLine(),
                    "a COMMAND is missing: replicate, restore, list, verify, version or completion");
        }
        LogFormat.install(err, root.debug);
        return new CommandLine.RunLast().execute(parsed);
    }

    private int usage(ParameterException e) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        err.println("sqlite-replica: " + e.getMessage());
        err.println("Try '" + command + " --help'.");
        return ExitCode.USAGE;
    }

    private int failure(Exception e, boolean debug) {
        err.println("sqlite-replica: " + Errors.sentence(e));
        if (debug) {
            e.printStackTrace(err);
        }
        return e instanceof ConfigException ? ExitCode.USAGE : ExitCode.FAILURE;
    }

    @Command(
            name = "sqlite-replica",
            description = "Replicates SQLite databases to a folder or a bucket, and brings them back.",
            synopsisSubcommandLabel = "COMMAND",
            versionProvider = VersionCommand.Provider.class,
            exitCodeListHeading = "%nExit codes:%n",
            exitCodeList = {
                "0:What was asked for is done, and true.",
                "1:It failed, or something is not as it should be; the message says what.",
                "2:The command line or the configuration file is wrong.",
                "75:replicate only: stopped cleanly, to be started again at once.",
                "130:Ctrl-C; nothing is left half-done."
            },
            footerHeading = "%nDestinations:%n",
            footer = {
                "  file:/folder                       a folder, laid out as Litestream does",
                "  s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=us-east-1",
                "                                     a bucket; keys from AWS_ACCESS_KEY_ID and",
                "                                     AWS_SECRET_ACCESS_KEY"
            })
    private static final class Root {
        @Option(
                names = "--debug",
                scope = ScopeType.INHERIT,
                description = "Log more, and show where in the program an error came from.")
        private boolean debug;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                scope = ScopeType.INHERIT,
                description = "Show this help.")
        private boolean help;

        @Option(
                names = {"-V", "--version"},
                versionHelp = true,
                description = "Print the version.")
        private boolean versionWanted;
    }
}
