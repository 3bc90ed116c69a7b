package io.sqlitereplica.sidecar.cli;

import static java.util.Objects.requireNonNull;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.http.Sidecar;
import io.sqlitereplica.sidecar.http.StatusServer;
import io.sqlitereplica.sidecar.memory.Cgroup;
import io.sqlitereplica.sidecar.memory.MemoryMonitor;
import io.sqlitereplica.sidecar.memory.MemoryStatus;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.replicate.Replicator;
import io.sqlitereplica.sidecar.replicate.SnapshotTurns;
import io.sqlitereplica.sidecar.storage.CredentialsSource;
import io.sqlitereplica.sidecar.storage.ReplicaStores;
import io.sqlitereplica.sidecar.wal.CloseMode;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.BindException;
import java.net.InetSocketAddress;
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
    private final Map<String, Replicator> replicators = new LinkedHashMap<>();

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
            replicators.put(
                    database.spec().name(),
                    new Replicator(
                            database.spec(),
                            stores.open(database.url()),
                            config.options(),
                            pool,
                            turns,
                            CloseMode.STOPPING));
        }
    }

    /** Runs until it is asked to end, and returns the exit code. */
    int run() throws IOException {
        try (StatusServer server = serve();
                RestartWatch _ = watchForRestart();
                ScheduledVerifications _ = verifications()) {
            LOG.log(
                    Level.INFO,
                    () -> "started: version=%s databases=%s listen=%s"
                            .formatted(version, String.join(",", replicators.keySet()), text(server.address())));
            replicators.values().forEach(Replicator::start);
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
                .map(schedule -> new ScheduledVerifications(schedule, replicators.values()))
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
        // Nothing can be written any more by a process that is killed, so this stands until it is known better.
        terminationMessage("ended before everything that was committed was known to be in the replica: "
                + replicators.keySet().stream().map(this::describe).collect(Collectors.joining("; ")));
        LOG.log(Level.INFO, () -> "stopping: why=" + (why == End.STOP ? "signal" : "restart"));
        List<String> unshipped = namesWhereNot(replicator -> replicator.stop(lastShipping));
        boolean restart = why == End.RESTART && !stopRequested.get();
        if (unshipped.isEmpty()) {
            LOG.log(Level.INFO, "stopped: everything that was committed is in its replica");
            config.terminationMessage().ifPresent(TerminationMessage::clear);
            return restart ? ExitCode.RESTART : ExitCode.OK;
        }
        String message =
                "not everything that was committed is known to be in the replica: %s. The next start ships it, if the volume is still there"
                        .formatted(unshipped.stream().map(this::describe).collect(Collectors.joining("; ")));
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

    private String describe(String name) {
        DatabaseStatus status = requireNonNull(replicators.get(name)).status();
        return "database %s is staged up to TXID %s, and its replica at TXID %s%s"
                .formatted(
                        name,
                        status.txId(),
                        status.replicatedTxId(),
                        status.error() == null ? "" : " (" + status.error() + ")");
    }

    /** What is asked of each replicator. */
    @FunctionalInterface
    private interface Question {
        boolean ask(Replicator replicator) throws InterruptedException;
    }

    /** Asks all replicators at the same time, and gives the names of those that say no. */
    private List<String> namesWhereNot(Question question) {
        Map<String, Future<Boolean>> answers = new LinkedHashMap<>();
        try (ExecutorService executor = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("ask-", 0).factory())) {
            replicators.forEach(
                    (name, replicator) -> answers.put(name, executor.submit(() -> question.ask(replicator))));
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
        return replicators.values().stream().map(Replicator::status).toList();
    }

    @Override
    public MemoryStatus memory() {
        return memory.current();
    }

    @Override
    public List<String> notStartedUp() {
        return replicators.entrySet().stream()
                .filter(entry -> !entry.getValue().startedUp())
                .map(Map.Entry::getKey)
                .toList();
    }

    @Override
    public boolean shipNow(Duration wait) {
        return namesWhereNot(replicator -> replicator.shipNow(wait)).isEmpty();
    }

    @Override
    public void close() {
        memory.close();
        stores.close();
    }
}
