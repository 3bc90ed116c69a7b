package io.sqlitereplica.sidecar.http;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.sqlitereplica.sidecar.memory.MemoryStatus;
import io.sqlitereplica.sidecar.memory.MemoryVerdict;
import io.sqlitereplica.sidecar.replicate.DatabaseState;
import io.sqlitereplica.sidecar.replicate.DatabaseStatus;
import io.sqlitereplica.sidecar.wal.HeldTimes;
import io.sqlitereplica.sidecar.wal.WalStatistics;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** {@code /metrics}: the same facts as {@code /status}, and counters, in the text format of Prometheus. */
final class Metrics {
    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    private static final String PREFIX = "sqlitereplica_";

    private final List<MetricSnapshot> metrics = new ArrayList<>();
    private final List<DatabaseStatus> databases;

    private Metrics(List<DatabaseStatus> databases) {
        this.databases = databases;
    }

    static void write(Sidecar sidecar, OutputStream to) throws IOException {
        Metrics metrics = new Metrics(sidecar.databases());
        metrics.process(sidecar);
        metrics.progress();
        metrics.counters();
        metrics.wal();
        metrics.memory(sidecar.memory());
        PrometheusTextFormatWriter.create().write(to, new MetricSnapshots(metrics.metrics));
    }

    private void process(Sidecar sidecar) {
        metrics.add(InfoSnapshot.builder()
                .name(PREFIX + "build")
                .help("The version of the sidecar.")
                .dataPoint(InfoDataPointSnapshot.builder()
                        .labels(Labels.of("version", sidecar.version()))
                        .build())
                .build());
        gauge("started_at_seconds", "When the process started, in seconds since 1970.", epoch(sidecar.startedAt()));
    }

    private void progress() {
        gauge("txid", "The last transaction that is staged.", d -> d.txId().value());
        gauge(
                "replicated_txid",
                "The last transaction that is durable in the destination.",
                d -> d.replicatedTxId().value());
        gauge(
                "lag_seconds",
                "The age of the oldest commit that is not durable in the destination.",
                d -> d.lag().toMillis() / 1000.0);
        gauge(
                "last_sync_at_seconds",
                "When a file was last created in the destination, in seconds since 1970; NaN: never.",
                d -> epoch(d.lastSyncAt()));
        gauge(
                "last_snapshot_at_seconds",
                "When the newest snapshot was taken, in seconds since 1970; NaN: never.",
                d -> epoch(d.lastSnapshotAt()));
        gauge(
                "last_verification_at_seconds",
                "When the replica was last read through, in seconds since 1970; NaN: not since the start.",
                d -> epoch(d.verification() == null ? null : d.verification().at()));
        gauge(
                "verified",
                "1 if the replica was found right then, 0 if not, NaN if it was not read through.",
                d -> number(d.verification() == null ? null : d.verification().error() == null));
        gauge("staged_bytes", "What waits for its upload.", d -> d.counters().stagedBytes());
        gauge(
                "destination_reachable",
                "1 if the last request to the destination was answered, 0 if not, NaN if there was none.",
                d -> number(d.destination().reachable()));
        GaugeSnapshot.Builder states = GaugeSnapshot.builder()
                .name(PREFIX + "database_state")
                .help("1 for the state that the replication of the database is in.");
        for (DatabaseStatus database : databases) {
            for (DatabaseState state : DatabaseState.values()) {
                states.dataPoint(GaugeDataPointSnapshot.builder()
                        .labels(Labels.of("database", database.name(), "state", StatusJson.text(state)))
                        .value(database.state() == state ? 1 : 0)
                        .build());
            }
        }
        metrics.add(states.build());
    }

    private void counters() {
        counter(
                "syncs",
                "Transactions that were staged or streamed.",
                d -> d.counters().syncs());
        counter(
                "uploads",
                "Files created in the destination.",
                d -> d.counters().uploads());
        counter("uploaded_bytes", "The size of these files.", d -> d.counters().uploadedBytes());
        counter(
                "upload_failures",
                "Uploads that failed and were tried again.",
                d -> d.counters().uploadFailures());
        counter("snapshots", "Whole databases shipped.", d -> d.counters().snapshots());
        counter(
                "snapshots_given_up",
                "Snapshots begun but not finished.",
                d -> d.counters().snapshotsGivenUp());
        counter(
                "compactions",
                "Files merged from others in the destination.",
                d -> d.counters().compactions());
        counter(
                "compaction_failures",
                "Compactions that failed and were tried again.",
                d -> d.counters().compactionFailures());
        counter(
                "deletions",
                "Files that retention deleted from the destination.",
                d -> d.counters().deletions());
        counter(
                "deletion_failures",
                "Attempts at deleting that failed and were tried again.",
                d -> d.counters().deletionFailures());
        counter(
                "resyncs",
                "Comparisons of the whole database with its replica.",
                d -> d.counters().resyncs());
        counter(
                "resynced_pages",
                "Pages that these comparisons found different.",
                d -> d.counters().resyncedPages());
        counter(
                "resync_seconds",
                "How long these comparisons took.",
                d -> d.counters().resyncTime().toMillis() / 1000.0);
        counter(
                "staging_drops",
                "Times that staged files were dropped for want of room.",
                d -> d.counters().stagingDrops());
        counter(
                "rows_lost",
                "Times that the database was found behind its replica.",
                d -> d.counters().rowsLost());
        counter(
                "owner_waits",
                "Times that another writer had not released the destination.",
                d -> d.counters().ownerWaits());
    }

    private void wal() {
        gauge("wal_bytes", "The size of the write-ahead log; NaN: it is not open.", wal(WalStatistics::walBytes));
        gauge(
                "wal_held_by_reader",
                "1 while a reader of the app keeps the write-ahead log from restarting.",
                wal(w -> number(w.heldByReader())));
        counter(
                "wal_finishes",
                "Times the write-ahead log was made ready to restart.",
                walCount(WalStatistics::finishes));
        counter(
                "wal_finish_failures",
                "Tries at that in which the app committed meanwhile.",
                walCount(WalStatistics::failedTries));
        counter("wal_barriers", "Times the app's writers were held for that.", walCount(WalStatistics::barriers));
        heldTimes();
        counter(
                "wal_barriers_refused",
                "Times they were not, because a writer was at it.",
                walCount(WalStatistics::barriersRefused));
        counter(
                "wal_busy",
                "Times SQLite refused a lock to the sidecar because the app had it.",
                walCount(WalStatistics::busy));
        counter(
                "wal_zero_checksum_frames",
                "Committed frames without a checksum, which old versions of SQLite write.",
                walCount(WalStatistics::zeroChecksumFrames));
    }

    private void heldTimes() {
        HistogramSnapshot.Builder histogram = HistogramSnapshot.builder()
                .name(PREFIX + "wal_barrier_seconds")
                .help("How long the app's writers were held each time.");
        for (DatabaseStatus database : databases) {
            if (database.wal() != null) {
                HeldTimes held = database.wal().held();
                histogram.dataPoint(HistogramDataPointSnapshot.builder()
                        .labels(labels(database))
                        .classicHistogramBuckets(ClassicHistogramBuckets.of(HeldTimes.BOUNDS_SECONDS, held.counts()))
                        .sum(held.seconds())
                        .build());
            }
        }
        metrics.add(histogram.build());
    }

    private static ToDoubleFunction<DatabaseStatus> wal(ToDoubleFunction<WalStatistics> value) {
        return d -> d.wal() == null ? Double.NaN : value.applyAsDouble(d.wal());
    }

    private static ToDoubleFunction<DatabaseStatus> walCount(ToDoubleFunction<WalStatistics> value) {
        return d -> d.wal() == null ? 0 : value.applyAsDouble(d.wal());
    }

    private void memory(MemoryStatus memory) {
        memory("limit_bytes", "The container's limit; 0: none.", memory.limitBytes());
        memory("anon_bytes", "Memory that only the end of a process gives back.", memory.anonBytes());
        memory("file_bytes", "Page cache.", memory.fileBytes());
        memory("slab_bytes", "The kernel's objects, such as names and inodes of files.", memory.slabBytes());
        memory("kernel_bytes", "All the kernel's own memory, slab included.", memory.kernelBytes());
        memory("working_set_bytes", "What Kubernetes shows as the container's memory.", memory.workingSetBytes());
        memory("rss_anon_bytes", "Anonymous memory of this process alone.", memory.rssAnonBytes());
        memory("heap_used_bytes", "Objects on the heap, dead ones included.", memory.heapUsedBytes());
        memory("heap_max_bytes", "The most that the heap may hold.", memory.heapMaxBytes());
        memory("heap_live_bytes", "What the last collections left on the heap.", memory.heapLiveBytes());
        memory("direct_bytes", "Direct buffers.", memory.directBytes());
        memory("direct_max_bytes", "The most that direct buffers may take.", memory.directMaxBytes());
        memory("metaspace_bytes", "Memory taken for classes.", memory.metaspaceBytes());
        memory("code_bytes", "Memory taken for compiled code.", memory.codeBytes());
        memory(
                "gc_overhead_ratio",
                "The part of the time that goes into garbage collection.",
                memory.gcOverheadRatio());
        memory(
                "anon_slope_bytes_per_hour",
                "The trend of the last hour, without dead objects; NaN: not known yet.",
                memory.anonSlopeBytesPerHour() == null ? Double.NaN : memory.anonSlopeBytesPerHour());
        memory(
                "seconds_to_limit",
                "When that trend reaches the limit; NaN: not within 30 days.",
                memory.secondsToLimit() == null ? Double.NaN : memory.secondsToLimit());
        total(
                "memory_major_faults",
                "Pages that had to be read from disk for a process to go on.",
                memory.majorFaults());
        total("memory_oom_kills", "Processes that the kernel killed in the container.", memory.oomKills());
        GaugeSnapshot.Builder verdicts =
                GaugeSnapshot.builder().name(PREFIX + "memory_verdict").help("1 for what all that means.");
        for (MemoryVerdict verdict : MemoryVerdict.values()) {
            verdicts.dataPoint(GaugeDataPointSnapshot.builder()
                    .labels(Labels.of("verdict", StatusJson.text(verdict)))
                    .value(memory.verdict() == verdict ? 1 : 0)
                    .build());
        }
        metrics.add(verdicts.build());
    }

    private void memory(String name, String help, long value) {
        memory(name, help, (double) value);
    }

    private void memory(String name, String help, double value) {
        gauge("memory_" + name, help, value);
    }

    private void gauge(String name, String help, double value) {
        metrics.add(GaugeSnapshot.builder()
                .name(PREFIX + name)
                .help(help)
                .dataPoint(GaugeDataPointSnapshot.builder().value(value).build())
                .build());
    }

    private void gauge(String name, String help, ToDoubleFunction<DatabaseStatus> value) {
        GaugeSnapshot.Builder gauge =
                GaugeSnapshot.builder().name(PREFIX + name).help(help);
        for (DatabaseStatus database : databases) {
            gauge.dataPoint(GaugeDataPointSnapshot.builder()
                    .labels(labels(database))
                    .value(value.applyAsDouble(database))
                    .build());
        }
        metrics.add(gauge.build());
    }

    private void counter(String name, String help, ToDoubleFunction<DatabaseStatus> value) {
        CounterSnapshot.Builder counter =
                CounterSnapshot.builder().name(PREFIX + name).help(help);
        for (DatabaseStatus database : databases) {
            counter.dataPoint(CounterDataPointSnapshot.builder()
                    .labels(labels(database))
                    .value(value.applyAsDouble(database))
                    .build());
        }
        metrics.add(counter.build());
    }

    private void total(String name, String help, long value) {
        metrics.add(CounterSnapshot.builder()
                .name(PREFIX + name)
                .help(help)
                .dataPoint(
                        CounterDataPointSnapshot.builder().value((double) value).build())
                .build());
    }

    private static Labels labels(DatabaseStatus database) {
        return Labels.of("database", database.name());
    }

    private static double epoch(@Nullable Instant time) {
        return time == null ? Double.NaN : time.toEpochMilli() / 1000.0;
    }

    private static double number(@Nullable Boolean truth) {
        if (truth == null) {
            return Double.NaN;
        }
        return truth ? 1 : 0;
    }
}
