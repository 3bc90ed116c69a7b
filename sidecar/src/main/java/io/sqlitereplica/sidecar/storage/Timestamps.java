package io.sqlitereplica.sidecar.storage;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The text of an object's {@code litestream-timestamp}: RFC 3339 without the zeros at the end of its fraction. */
final class Timestamps {
    private static final DateTimeFormatter FORMAT = new DateTimeFormatterBuilder()
            .appendPattern("uuuu-MM-dd'T'HH:mm:ss")
            .appendFraction(ChronoField.NANO_OF_SECOND, 0, 9, true)
            .appendLiteral('Z')
            .toFormatter()
            .withZone(ZoneOffset.UTC);

    private Timestamps() {}

    static String format(Instant timestamp) {
        return FORMAT.format(timestamp);
    }

    /** Empty where there is no time, or no such text. */
    static Optional<Instant> parse(@Nullable String text) {
        try {
            return Optional.ofNullable(text).map(t -> DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(t, Instant::from));
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }
}
