package io.sqlitereplica.operator.testing;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** A clock that stands still until a test moves it. */
public final class MutableClock extends Clock {
    private volatile Instant now;

    /** Stands at this moment. */
    public MutableClock(Instant now) {
        this.now = now;
    }

    /** Moves on. */
    public void pass(Duration time) {
        now = now.plus(time);
    }

    /** Moves to this moment. */
    public void set(Instant moment) {
        now = moment;
    }

    @Override
    public Instant instant() {
        return now;
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("this clock is read as an instant only");
    }
}
