package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.http.Sidecar;
import io.sqlitereplica.sidecar.http.StatusServer;
import io.sqlitereplica.sidecar.memory.Cgroup;
import io.sqlitereplica.sidecar.memory.MemoryMonitor;
import io.sqlitereplica.sidecar.memory.MemoryStatus;
import io.sqlitereplica.sidecar.replicate.DatabaseSpec;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.replicate.GlobWatch;
import io.sqlitereplica.sidecar.replicate.Replicator;
import io.sqlitereplica.sidecar.replicate.Replicators;
import io.sqlitereplica.sidecar.replicate.SnapshotTurns;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The sidecar: replicates every database of a configuration until it is asked to stop or to restart. */
final class ReplicateService implements Sidecar, AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ReplicateService.class.getName());
    private static final Duration WATCH_INTERVAL = Duration.ofSeconds(1);

    /** How long the rest may take to ship when the process ends: a pod has 30 s, unless it says otherwise. */
    static final Duration LAST_SHIPPING = Duration.ofSeconds(25);

    private enum End {
        STOP,
        RESTART
    }

    private final SidecarConfig config;
    private final String version;
    private final Duration lastShipping;
    private final Instant startedAt = Instant.now();
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private final AtomicBoolean stopRequested = new AtomicBoolean();
    private final ReplicaStores stores;
    private final MemoryMonitor memory;
    private final Replicators replicators = new Replicators();
    private final List<GlobWatch> globs;

    /**
     * @param lastShipping how long the rest may take to ship when the process ends
     */
    ReplicateService(SidecarConfig config, String version, BufferPool pool, Duration lastShipping) throws IOException {
        this.config = config;
        this.version = version;
        this.lastShipping = lastShipping;
        this.stores = new ReplicaStores(
                config.credentialsFolder().map(CredentialsSource::folder).orElseGet(CredentialsSource::environment),
                pool);
        this.memory = new MemoryMonitor(Cgroup.ofThisProcess());
        SnapshotTurns turns = new SnapshotTurns();
        for (SidecarConfig.Database database : config.databases()) {
            replicators.add(database.spec().name(), replicator(database, pool, turns));
        }
        this.globs = config.globs().stream()
                .map(glob -> new GlobWatch(
                        glob.glob(), new GlobDestination(glob, pool, turns), config.options(), replicators))
                .toList();
    }

    private Replicator replicator(SidecarConfig.Database database, BufferPool pool, SnapshotTurns turns) {
        return new Replicator(
                database.spec(), stores.open(database.url()), config.options(), pool, turns, CloseMode.STOPPING);
    }

    /** Where the databases of a pattern go. */
    private final class GlobDestination implements GlobWatch.Destination {
        private final SidecarConfig.Glob glob;
        private final BufferPool pool;
        private final SnapshotTurns turns;

        GlobDestination(SidecarConfig.Glob glob, BufferPool pool, SnapshotTurns turns) {
            this.glob = glob;
            this.pool = pool;
            this.turns = turns;
        }

        @Override
        public ReplicaStore above() {
            return stores.open(glob.above());
        }

        @Override
        public ReplicaStore of(String fileName) {
            return stores.open(glob.above().child(fileName));
        }

        @Override
        public Replicator replicator(DatabaseSpec database, String fileName) {
            return ReplicateService.this.replicator(
                    new SidecarConfig.Database(database, glob.above().child(fileName)), pool, turns);
        }

        @Override
        public boolean isElsewhere(Path file) {
            return config.isBefore(glob, file);
        }
    }

    /** Runs until it is asked to end, and returns the exit code. */
    int run() throws IOException {
        try (StatusServer server = serve();
                RestartWatch _ = watchForRestart();
                ScheduledVerifications _ = verifications()) {
            LOG.log(
                    Level.INFO,
                    () -> "started: version=%s databases=%s listen=%s aotCache=%s"
                            .formatted(version, config.names(), text(server.address()), AotCache.inUse()));
            replicators.all().forEach(Replicator::start);
            globs.forEach(GlobWatch::start);
            return stop(end.join());
        }
    }

    private @Nullable RestartWatch watchForRestart() {
        return config.podAnnotations()
                .map(file -> new RestartWatch(file, WATCH_INTERVAL, () -> end.complete(End.RESTART)))
                .orElse(null);
    }

    private @Nullable ScheduledVerifications verifications() {
        return config.verification()
                .map(schedule -> new ScheduledVerifications(schedule, replicators))
                .orElse(null);
    }

    private StatusServer serve() throws IOException {
        try {
            return new StatusServer(config.listen(), this);
        } catch (BindException e) {
            throw new IOException(
                    "Nothing can listen on %s (%s): stop whatever does already, or choose another address"
                            .formatted(text(config.listen()), e.getMessage()),
                    e);
        }
    }

    private static String text(InetSocketAddress address) {
        return address.getAddress().getHostAddress() + ":" + address.getPort();
    }

    /**
     * Asks it to ship the rest and end. A restart that is under way becomes an end.
     *
     * @return false if it was asked before
     */
    boolean requestStop() {
        boolean first = stopRequested.compareAndSet(false, true);
        end.complete(End.STOP);
        return first;
    }

    private int stop(End why) {
        globs.forEach(GlobWatch::stop);
        replicators.close();
        // Nothing can be written any more by a process that is killed, so this stands until it is known better.
        terminationMessage("ended before everything that was committed was known to be in the replica: "
                + replicators.all().stream().map(ReplicateService::describe).collect(Collectors.joining("; ")));
        LOG.log(Level.INFO, () -> "stopping: why=" + (why == End.STOP ? "signal" : "restart"));
        List<Replicator> unshipped = thoseWhereNot(replicator -> replicator.stop(lastShipping));
        boolean restart = why == End.RESTART && !stopRequested.get();
        if (unshipped.isEmpty()) {
            LOG.log(Level.INFO, "stopped: everything that was committed is in its replica");
            config.terminationMessage().ifPresent(TerminationMessage::clear);
            return restart ? ExitCode.RESTART : ExitCode.OK;
        }
        String message =
                "not everything that was committed is known to be in the replica: %s. The next start ships it, if the volume is still there"
                        .formatted(unshipped.stream()
                                .map(ReplicateService::describe)
                                .collect(Collectors.joining("; ")));
        LOG.log(restart ? Level.WARNING : Level.ERROR, "stopped: " + message);
        if (restart) { // nothing is lost: the next JVM ships what is staged
            config.terminationMessage().ifPresent(TerminationMessage::clear);
            return ExitCode.RESTART;
        }
        terminationMessage(message);
        return ExitCode.FAILURE;
    }

    private void terminationMessage(String message) {
        config.terminationMessage().ifPresent(file -> TerminationMessage.write(file, message));
    }

    private static String describe(Replicator replicator) {
        DatabaseStatus status = replicator.status();
        return "database %s is staged up to TXID %s, and its replica at TXID %s%s"
                .formatted(
                        status.name(),
                        status.txId(),
                        status.replicatedTxId(),
                        status.error() == null ? "" : " (" + status.error() + ")");
    }

    /** What is asked of each replicator. */
    @FunctionalInterface
    private interface Question {
        boolean ask(Replicator replicator) throws InterruptedException;
    }

    /** Asks all replicators at the same time, and gives those that say no. */
    private List<Replicator> thoseWhereNot(Question question) {
        Map<Replicator, Future<Boolean>> answers = new LinkedHashMap<>();
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("ask-", 0).factory())) {
            replicators
                    .all()
                    .forEach(replicator -> answers.put(replicator, executor.submit(() -> question.ask(replicator))));
        }
        return answers.entrySet().stream()
                .filter(answer -> !(answer.getValue().state() == Future.State.SUCCESS
                        && answer.getValue().resultNow()))
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public Instant startedAt() {
        return startedAt;
    }

    @Override
    public List<DatabaseStatus> databases() {
        return Stream.concat(
                        replicators.all().stream().map(Replicator::status),
                        globs.stream().flatMap(glob -> glob.status().stream()))
                .toList();
    }

    @Override
    public MemoryStatus memory() {
        return memory.current();
    }

    @Override
    public List<String> notStartedUp() {
        return Stream.concat(
                        globs.stream().filter(glob -> !glob.startedUp()).map(GlobWatch::name),
                        replicators.all().stream()
                                .filter(replicator -> !replicator.startedUp())
                                .map(replicator -> replicator.status().name()))
                .toList();
    }

    @Override
    public boolean shipNow(Duration wait) {
        return thoseWhereNot(replicator -> replicator.shipNow(wait)).isEmpty();
    }

    @Override
    public void close() {
        memory.close();
        stores.close();
    }
}
