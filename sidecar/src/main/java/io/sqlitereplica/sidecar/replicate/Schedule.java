package io.sqlitereplica.sidecar.replicate;

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;

/** When something is to be done again. */
public sealed interface Schedule {
    /** The first time after the last one, or after the start where there was none. */
    Instant nextAfter(Instant last);

    /** At certain times. */
    final class Cron implements Schedule {
        private final String expression;
        private final ZoneId zone;
        private final ExecutionTime times;

        /**
         * Five fields, as in a crontab.
         *
         * @throws IllegalArgumentException if that is not such an expression
         */
        public Cron(String expression, ZoneId zone) {
            this.expression = expression;
            this.zone = zone;
            this.times = ExecutionTime.forCron(
                    new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.UNIX)).parse(expression));
        }

        @Override
        public Instant nextAfter(Instant last) {
            return times.nextExecution(ZonedDateTime.ofInstant(last, zone))
                    .map(ZonedDateTime::toInstant)
                    .orElse(Instant.MAX);
        }

        @Override
        public String toString() {
            return expression + " " + zone;
        }
    }

    /** Regularly. */
    record Every(Duration interval) implements Schedule {
        public Every {
            if (interval.isNegative() || interval.isZero()) {
                throw new IllegalArgumentException("Not an interval: " + interval);
            }
        }

        @Override
        public Instant nextAfter(Instant last) {
            return last.plus(interval);
        }
    }
}
