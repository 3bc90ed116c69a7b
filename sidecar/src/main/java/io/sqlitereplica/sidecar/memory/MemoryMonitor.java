package io.sqlitereplica.sidecar.memory;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Looks at the memory every 5 s, on a thread of its own, and says what it is like. For any thread. */
public final class MemoryMonitor implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(MemoryMonitor.class.getName());

    static final Duration INTERVAL = Duration.ofSeconds(5);

    /** Rates are taken over so many intervals. */
    private static final int RATE_INTERVALS = 6;

    private static final Duration OLD = Duration.ofSeconds(30);
    private static final double MAX_SECONDS_TO_LIMIT = Duration.ofDays(30).toSeconds();

    /** Takes a sample; fails where the kernel does not give one. */
    interface Source {
        MemorySample sample(long atNanos) throws IOException;
    }

    private final Source source;
    private final LongSupplier clock;
    private final Deque<MemorySample> recent = new ArrayDeque<>();
    private final Trend trend = new Trend(INTERVAL);
    private final Hysteresis hysteresis = new Hysteresis();
    private final CountDownLatch closed = new CountDownLatch(1);
    private @Nullable MemoryStatus status;
    private long statusAtNanos;
    private String failure = "nothing was measured yet";

    /** Starts looking at this group and this JVM. */
    public MemoryMonitor(Cgroup cgroup) {
        this(cgroup, new Jvm());
    }

    private MemoryMonitor(Cgroup cgroup, Jvm jvm) {
        this(atNanos -> new MemorySample(atNanos, cgroup.sample(), jvm.sample()), System::nanoTime);
        sample();
        Thread.ofPlatform().daemon().name("memory-monitor").start(this::run);
    }

    /** Looks only when {@link #sample} is called. */
    MemoryMonitor(Source source, LongSupplier clock) {
        this.source = source;
        this.clock = clock;
    }

    private void run() {
        try {
            while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                sample();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    void sample() {
        try {
            accept(source.sample(clock.getAsLong()));
        } catch (IOException | RuntimeException e) {
            synchronized (this) {
                failure = "the kernel's account cannot be read: " + e.getMessage();
            }
            LOG.log(Level.DEBUG, "memory not measured", e);
        }
    }

    private synchronized void accept(MemorySample sample) {
        recent.addLast(sample);
        if (recent.size() > RATE_INTERVALS + 1) {
            recent.removeFirst();
        }
        trend.add(sample.atNanos(), sample.adjustedAnonBytes());
        MemorySample before = recent.getFirst();
        double seconds = (sample.atNanos() - before.atNanos()) / 1e9;
        double gcOverhead = rate(before.jvm().gcMillis(), sample.jvm().gcMillis(), seconds * 1000);
        Assessment assessment = new Assessment(
                sample.limitBytes(),
                sample.adjustedAnonBytes(),
                sample.jvm().heapLiveBytes(),
                sample.jvm().heapLiveKnown(),
                sample.jvm().heapMaxBytes(),
                gcOverhead,
                rate(before.majorFaults(), sample.majorFaults(), seconds),
                rate(before.limitHits(), sample.limitHits(), seconds),
                sample.cgroup()
                        .map(CgroupSample::pressureSome10)
                        .orElse(OptionalDouble.empty())
                        .orElse(0));
        status = status(sample, gcOverhead, hysteresis.accept(assessment.judge()));
        statusAtNanos = sample.atNanos();
        failure = "no later one was taken";
    }

    private static double rate(long from, long to, double per) {
        return per <= 0 ? 0 : Math.max(0, to - from) / per;
    }

    private MemoryStatus status(MemorySample sample, double gcOverhead, Judgement judgement) {
        JvmSample jvm = sample.jvm();
        Optional<CgroupSample> cgroup = sample.cgroup();
        OptionalDouble slope = trend.perHour();
        return new MemoryStatus(
                sample.limitBytes(),
                sample.anonBytes(),
                cgroup.map(CgroupSample::fileBytes).orElse(0L),
                cgroup.map(CgroupSample::slabBytes).orElse(0L),
                cgroup.map(CgroupSample::kernelBytes).orElse(0L),
                cgroup.map(CgroupSample::workingSetBytes).orElse(0L),
                jvm.rssAnonBytes(),
                jvm.heapUsedBytes(),
                jvm.heapMaxBytes(),
                jvm.heapLiveBytes(),
                jvm.directBytes(),
                jvm.directMaxBytes(),
                jvm.metaspaceBytes(),
                jvm.codeBytes(),
                Math.min(1, gcOverhead),
                sample.majorFaults(),
                cgroup.map(CgroupSample::oomKills).orElse(0L),
                judgement.verdict(),
                judgement.reason(),
                slope.isPresent() ? slope.getAsDouble() : null,
                slope.isPresent() ? secondsToLimit(sample, slope.getAsDouble()) : null);
    }

    private static @Nullable Long secondsToLimit(MemorySample sample, double bytesPerHour) {
        if (sample.limitBytes() == 0 || bytesPerHour <= 0) {
            return null;
        }
        double left = Math.max(0, sample.limitBytes() - sample.adjustedAnonBytes());
        double seconds = left / bytesPerHour * Duration.ofHours(1).toSeconds();
        return seconds > MAX_SECONDS_TO_LIMIT ? null : Long.valueOf(Math.round(seconds));
    }

    /** The last sample and what it means; {@code UNKNOWN} if there is none, or none of the last 30 s. */
    public synchronized MemoryStatus current() {
        if (status == null) {
            return MemoryStatus.unknown(failure);
        }
        long ageNanos = clock.getAsLong() - statusAtNanos;
        if (ageNanos > OLD.toNanos()) {
            return status.withVerdict(
                    MemoryVerdict.UNKNOWN,
                    "the last sample is %d s old; %s"
                            .formatted(Duration.ofNanos(ageNanos).toSeconds(), failure));
        }
        return status;
    }

    /** The kernel's account of the last sample, with what the status leaves out; empty outside of control groups. */
    public synchronized Optional<CgroupSample> cgroup() {
        return recent.isEmpty() ? Optional.empty() : recent.getLast().cgroup();
    }

    /** Stops looking. */
    @Override
    public void close() {
        closed.countDown();
    }
}
