package io.sqlitereplica.sidecar.cli;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "import",
        description = {
            "Reads Litestream's configuration file and prints the SqliteReplica that goes on with its replica. Asks"
                    + " nobody, changes nothing, and copies no keys."
        })
final class ImportCommand implements Callable<Integer> {
    private final Console console;

    @Parameters(paramLabel = "FILE", description = "litestream.yml of Litestream 0.5.")
    private Path file = Path.of("");

    @Option(names = "--name", description = "The SqliteReplica's name. Default: the first database's.")
    private @Nullable String name;

    ImportCommand(Console console) {
        this.console = console;
    }

    @Override
    public Integer call() throws ConfigException {
        LitestreamConfig config = LitestreamConfig.read(file);
        String chosen = name == null ? config.databases().keySet().iterator().next() : name;
        console.out().print(yaml(chosen, config));
        return ExitCode.OK;
    }

    private static String yaml(String name, LitestreamConfig config) {
        LitestreamConfig.Place place = config.place();
        StringBuilder yaml = new StringBuilder("""
            # Take Litestream out of the pod, apply this, and annotate the pod template: sqlitereplica.io/inject: %1$s
            # Litestream and the sidecar must never run on one database at the same time. The keys are not copied:
            #   kubectl create secret generic %1$s-s3 --from-literal=access-key-id=… --from-literal=secret-access-key=…
            # A pod that has a role needs no keys: leave credentialsSecretRef out.
            """.formatted(name));
        if (!config.passedOver().isEmpty()) {
            yaml.append("# Not taken over: %s\n".formatted(String.join(", ", config.passedOver())));
        }
        yaml.append("""
            apiVersion: sqlitereplica.io/v1alpha1
            kind: SqliteReplica
            metadata:
              name: %s
            spec:
              databases:
            """.formatted(name));
        config.databases()
                .forEach((database, path) ->
                        yaml.append("  - name: %s\n    path: %s\n".formatted(quoted(database), quoted(path))));
        yaml.append("  destination:\n    s3:\n");
        yaml.append("      bucket: %s\n      prefix: %s\n".formatted(quoted(place.bucket()), quoted(place.prefix())));
        place.endpoint().ifPresent(endpoint -> yaml.append("      endpoint: %s\n".formatted(quoted(endpoint))));
        place.region().ifPresent(region -> yaml.append("      region: %s\n".formatted(quoted(region))));
        if (place.pathStyle()) {
            yaml.append("      pathStyle: Always\n");
        }
        yaml.append("      credentialsSecretRef:\n        name: %s-s3\n".formatted(name));
        config.syncInterval()
                .ifPresent(interval -> yaml.append("  sync:\n    interval: %s\n".formatted(Amounts.text(interval))));
        if (!config.levels().isEmpty()) {
            yaml.append("  compaction:\n    levels: [%s]\n".formatted(spans(config.levels())));
        }
        if (config.snapshotInterval().isPresent() || config.retention().isPresent()) {
            yaml.append("  snapshot:\n");
            config.snapshotInterval()
                    .ifPresent(every -> yaml.append("    interval: %s\n".formatted(Amounts.text(every))));
            config.retention().ifPresent(kept -> yaml.append("    retention: %s\n".formatted(Amounts.text(kept))));
        }
        return yaml.toString();
    }

    private static String spans(List<Duration> spans) {
        return spans.stream().map(Amounts::text).collect(Collectors.joining(", "));
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
