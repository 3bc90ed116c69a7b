package io.sqlitereplica.sidecar.replicate;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** Ever longer pauses between attempts, each drawn from its upper half, so that many who failed together do not return together. */
final class Backoff {
    private final Duration first;
    private final Duration longest;
    private Duration next;

    Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
        this.next = first;
    }

    /** How long to wait after another failure. */
    Duration pause() {
        long nanos = next.toNanos();
        next = next.multipliedBy(2).compareTo(longest) < 0 ? next.multipliedBy(2) : longest;
        return Duration.ofNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2 + 1));
    }

    /** It worked. */
    void reset() {
        next = first;
    }
}
