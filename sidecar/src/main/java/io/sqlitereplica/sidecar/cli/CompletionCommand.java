package io.sqlitereplica.sidecar.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(
        name = "completion",
        description = {
            "Prints a completion script for bash and zsh.",
            "bash: source <(sqlite-replica completion)",
            "zsh: autoload -U +X bashcompinit && bashcompinit, and then the same"
        })
final class CompletionCommand implements Callable<Integer> {
    private final Console console;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    CompletionCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() {
        console.out().print(AutoComplete.bash("sqlite-replica", spec.root().commandLine()));
        return ExitCode.OK;
    }
}
