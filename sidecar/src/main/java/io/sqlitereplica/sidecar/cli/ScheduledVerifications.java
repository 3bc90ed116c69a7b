package io.sqlitereplica.sidecar.cli;

import io.sqlitereplica.sidecar.replicate.Replicator;
import io.sqlitereplica.sidecar.replicate.Replicators;
import io.sqlitereplica.sidecar.replicate.Schedule;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.Instant;

/** Verifies all replicas when it is time, one after the other: it needs memory for one. */
final class ScheduledVerifications implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(ScheduledVerifications.class.getName());

    /** What could not be asked, and what was not right, is looked at again before its time. */
    private static final Duration AGAIN = Duration.ofMinutes(10);

    private final Schedule schedule;
    private final Replicators replicators;
    private final Duration again;
    private final Thread thread;

    ScheduledVerifications(Schedule schedule, Replicators replicators) {
        this(schedule, replicators, AGAIN);
    }

    ScheduledVerifications(Schedule schedule, Replicators replicators, Duration again) {
        this.schedule = schedule;
        this.replicators = replicators;
        this.again = again;
        this.thread = Thread.ofPlatform().name("verify").daemon().start(this::run);
    }

    private void run() {
        try {
            Instant next = schedule.nextAfter(Instant.now());
            while (!Thread.currentThread().isInterrupted()) {
                Duration wait = Duration.between(Instant.now(), next);
                if (wait.isPositive()) {
                    Thread.sleep(wait);
                }
                boolean right = verifyAll();
                Instant now = Instant.now();
                Instant scheduled = schedule.nextAfter(now);
                Instant sooner = now.plus(again);
                next = right || scheduled.isBefore(sooner) ? scheduled : sooner;
            }
        } catch (InterruptedException e) {
            // it ends
        }
    }

    private boolean verifyAll() {
        boolean right = true;
        for (Replicator replicator : replicators.all()) {
            if (Thread.currentThread().isInterrupted()) {
                return right;
            }
            try {
                right &= replicator.verify();
            } catch (IOException | RuntimeException e) {
                right = false;
                LOG.log(
                        Level.WARNING,
                        () -> "not verified: database=" + replicator.status().name() + " error=" + Errors.sentence(e));
            }
        }
        return right;
    }

    /** Breaks off what it does. */
    @Override
    public void close() {
        thread.interrupt();
    }
}
