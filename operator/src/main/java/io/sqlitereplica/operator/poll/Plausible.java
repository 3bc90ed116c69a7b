package io.sqlitereplica.operator.poll;

import java.time.Instant;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** What a sidecar may say. Null, which is unknown, passes everywhere. */
final class Plausible {
    private static final Pattern WORD = Pattern.compile("[A-Z][A-Za-z]{2,60}");
    private static final double MOST_SECONDS = 1e10;
    private static final long MOST_BYTES = 1L << 60;
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z");

    private Plausible() {}

    /** A text, cut to a length. */
    static @Nullable String text(@Nullable String text, int length) {
        return text == null || text.length() <= length ? text : text.substring(0, length);
    }

    /** A word that suits the reason of a condition or of an Event; anything else is unknown. */
    static @Nullable String word(@Nullable String text) {
        return text != null && WORD.matcher(text).matches() ? text : null;
    }

    /** A duration of at most some centuries. */
    static @Nullable Double seconds(@Nullable Double seconds) {
        if (seconds != null && !(seconds >= 0 && seconds <= MOST_SECONDS)) {
            throw new IllegalArgumentException("Not a number of seconds: " + seconds);
        }
        return seconds;
    }

    /** An amount of memory or of data. */
    static @Nullable Long amount(@Nullable Long bytes) {
        if (bytes != null && (bytes < 0 || bytes > MOST_BYTES)) {
            throw new IllegalArgumentException("Not a number of bytes: " + bytes);
        }
        return bytes;
    }

    /** A time that can be written with four digits for the year. */
    static @Nullable Instant time(@Nullable Instant time) {
        if (time != null && (time.isBefore(Instant.EPOCH) || time.isAfter(LATEST))) {
            throw new IllegalArgumentException("Not a time: " + time);
        }
        return time;
    }
}
