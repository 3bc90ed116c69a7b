package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.replicate.DatabaseGlob;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.ReplicatorOptions;
import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;
import sun.misc.Signal;

@Command(
        name = "replicate",
        description = {
            "Ships what is committed to databases as long as it runs. A database that is missing is restored from its"
                + " replica first; one that has no replica yet gets one. SIGTERM and Ctrl-C ship the rest and end it.",
            "",
            "Either DB and --to, or --config."
        })
final class ReplicateCommand implements Callable<Integer> {
    private static final System.Logger LOG = System.getLogger(ReplicateCommand.class.getName());

    @Parameters(
            paramLabel = "DB",
            arity = "0..*",
            description = "SQLite databases, in WAL mode or to be switched to it; or one pattern in quotes, such as"
                    + " '/data/*.db', for every file that matches, also later ones.")
    private List<Path> paths = new ArrayList<>();

    @Option(
            names = "--to",
            paramLabel = "URL",
            description = "The replica: file:/folder or s3://bucket/prefix?endpoint=…&region=…"
                    + " With several databases each goes below it, under its file name.")
    private @Nullable String url;

    @Option(names = "--config", paramLabel = "FILE", description = "A configuration file, sidecar.yaml.")
    private @Nullable Path config;

    @Option(
            names = "--sync-interval",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description = "Ship at most once in this time; default 500ms. After a pause a commit is shipped at once.")
    private @Nullable Duration syncInterval;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            converter = ListenConverter.class,
            description = "Where /status and /metrics are; default " + ListenAddress.DEFAULT + ".")
    private @Nullable InetSocketAddress listen;

    @Override
    public Integer call() throws Exception {
        SidecarConfig what = config == null ? fromArguments() : fromFile(config);
        try (ReplicateService service = new ReplicateService(
                what, VersionCommand.version(), BufferPool.forThisJvm(), ReplicateService.LAST_SHIPPING)) {
            handleSignals(service);
            return service.run();
        }
    }

    /** The first signal asks to stop, the second does not wait for that. */
    private static void handleSignals(ReplicateService service) {
        for (String name : List.of("TERM", "INT", "HUP")) {
            Signal.handle(new Signal(name), signal -> {
                if (!service.requestStop()) {
                    LOG.log(Level.WARNING, () -> "ended at once: signal=" + signal.getName());
                    Runtime.getRuntime().halt(ExitCode.FAILURE);
                }
            });
        }
    }

    private SidecarConfig fromFile(Path file) throws ConfigException {
        if (!paths.isEmpty() || url != null || syncInterval != null || listen != null) {
            throw new ConfigException("With --config, everything else belongs into the file " + file);
        }
        return new SidecarConfigReader(file, System.getenv()).read();
    }

    private SidecarConfig fromArguments() throws ConfigException {
        if (paths.isEmpty()) {
            throw new ConfigException("Name the databases to replicate, or a --config file");
        }
        if (url == null) {
            throw new ConfigException("Say where to replicate to: --to file:/folder or --to s3://bucket/prefix");
        }
        ReplicatorOptions options = ReplicatorOptions.DEFAULTS;
        if (syncInterval != null) {
            options = options.withSyncInterval(syncInterval);
        }
        Optional<SidecarConfig.Glob> glob = glob(Source.parse(url));
        return new SidecarConfig(
                glob.isPresent() ? List.of() : databases(Source.parse(url)),
                glob.stream().toList(),
                Optional.empty(),
                options,
                Optional.empty(),
                listen == null ? ListenAddress.parse(ListenAddress.DEFAULT) : listen,
                Optional.empty(),
                Optional.empty());
    }

    /** The paths are one pattern, which is not itself the name of a file. */
    private Optional<SidecarConfig.Glob> glob(ReplicaUrl to) throws ConfigException {
        for (Path path : paths) {
            if (DatabaseGlob.isGlob(path.toString()) && !Files.exists(path)) {
                if (paths.size() > 1) {
                    throw new ConfigException(
                            "A pattern, such as '%s', stands alone: replicate the others by another process, or write a --config file"
                                    .formatted(path));
                }
                Path absolute = path.toAbsolutePath().normalize();
                try {
                    return Optional.of(new SidecarConfig.Glob(new DatabaseGlob("databases", absolute), to));
                } catch (IllegalArgumentException e) {
                    throw new ConfigException(String.valueOf(e.getMessage()), e);
                }
            }
        }
        return Optional.empty();
    }

    private List<SidecarConfig.Database> databases(ReplicaUrl to) throws ConfigException {
        List<SidecarConfig.Database> databases = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Path path : paths) {
            Path absolute = path.toAbsolutePath().normalize();
            Path fileName = absolute.getFileName();
            Path parent = absolute.getParent();
            if (fileName == null || parent == null) {
                throw new ConfigException("'" + path + "' is not a database file");
            }
            String name = fileName.toString();
            if (!names.add(name)) {
                throw new ConfigException(
                        "Two databases are named %s, and would go to one destination: replicate them by two processes, or write a --config file"
                                .formatted(name));
            }
            if (!Files.isDirectory(parent)) {
                throw new ConfigException("There is no folder " + parent + " for the database " + path);
            }
            ReplicaUrl destination;
            try {
                destination = paths.size() == 1 ? to : to.child(name);
            } catch (IllegalArgumentException e) {
                throw new ConfigException(String.valueOf(e.getMessage()), e);
            }
            databases.add(new SidecarConfig.Database(new DatabaseSpec(name, absolute), destination));
        }
        return databases;
    }

    /** For picocli. */
    static final class DurationConverter implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Amounts.duration(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** For picocli. */
    static final class ListenConverter implements ITypeConverter<InetSocketAddress> {
        @Override
        public InetSocketAddress convert(String text) {
            try {
                return ListenAddress.parse(text);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }
}
