package io.sqlitereplica.operator.restart;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.zone.ZoneOffsetTransition;
import java.util.Optional;

/**
 * A cron line of five fields in a time zone. The library's own handling of clock changes leaves out a time that is
 * skipped; here it comes as much later as the clocks jump, and a time that is repeated comes once, the first time.
 */
public final class Schedule {
    private final ExecutionTime times;
    private final ZoneId zone;

    private Schedule(ExecutionTime times, ZoneId zone) {
        this.times = times;
        this.zone = zone;
    }

    /**
     * Reads a cron line, as {@code 30 4 * * 0}.
     *
     * @throws IllegalArgumentException when it is none
     * @throws java.time.DateTimeException when there is no such zone
     */
    public static Schedule parse(String cron, String zone) {
        CronParser parser = new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX));
        return new Schedule(ExecutionTime.forCron(parser.parse(cron).validate()), ZoneId.of(zone));
    }

    /** The first time after a moment; none for a day that no calendar has. */
    public Optional<ZonedDateTime> next(Instant after) {
        ZoneOffsetTransition before = zone.getRules().previousTransition(after.plusNanos(1));
        boolean justSkipped = before != null
                && before.isGap()
                && after.isBefore(before.getInstant().plus(before.getDuration()));
        // Times that the clocks skipped are still to come, each as late as the clocks jumped.
        LocalDateTime start =
                justSkipped ? before.getDateTimeBefore().minusNanos(1) : LocalDateTime.ofInstant(after, zone);
        Optional<LocalDateTime> time = nextLocal(start);
        while (time.isPresent() && !toInstant(time.get()).isAfter(after)) {
            time = nextLocal(time.get());
        }
        return time.map(found -> found.atZone(zone));
    }

    /** The last time that is not after a moment. */
    public Optional<Instant> last(Instant at) {
        ZoneOffsetTransition before = zone.getRules().previousTransition(at.plusNanos(1));
        boolean repeating = before != null
                && before.isOverlap()
                && at.isBefore(before.getInstant().minus(before.getDuration()));
        // Times that the clocks repeat have come already, the first time round.
        LocalDateTime start = repeating
                ? before.getDateTimeBefore()
                : LocalDateTime.ofInstant(at, zone).plusNanos(1);
        Optional<LocalDateTime> time = lastLocal(start);
        while (time.isPresent() && toInstant(time.get()).isAfter(at)) {
            time = lastLocal(time.get());
        }
        return time.map(this::toInstant);
    }

    /** Of a time that the clocks repeat, the first; of one that they skip, as much later as they jump. */
    private Instant toInstant(LocalDateTime time) {
        return time.atZone(zone).toInstant();
    }

    private Optional<LocalDateTime> nextLocal(LocalDateTime after) {
        return times.nextExecution(after.atZone(ZoneOffset.UTC)).map(ZonedDateTime::toLocalDateTime);
    }

    private Optional<LocalDateTime> lastLocal(LocalDateTime before) {
        return times.lastExecution(before.atZone(ZoneOffset.UTC)).map(ZonedDateTime::toLocalDateTime);
    }
}
