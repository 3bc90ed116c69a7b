package io.sqlitereplica.api.v1alpha1;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;

/** Merging of the files of the syncs into larger ones. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Compaction(
        @Default(DEFAULT_LEVELS)
        @Size(min = 1, max = 8)
        @ValidationRule(
                value = "self.all(span, span.matches('^[0-9]{1,6}(s|m|h)$') && duration(span) >= duration('1s'))",
                message = "each level must be a time span of at least 1s, like 30s, 5m or 1h")
        @ValidationRule(
                value = "!self.all(span, span.matches('^[0-9]{1,6}(s|m|h)$')) || (self.map(span,"
                        + " duration(span)).isSorted() && self.all(span, self.exists_one(other, duration(other) =="
                        + " duration(span)) && self.all(other, duration(span) <= duration(other) ||"
                        + " duration(span).getSeconds() % duration(other).getSeconds() == 0)))",
                message = "the levels must be ascending, each a multiple of the one before, like 30s, 5m, 1h")
        @JsonPropertyDescription(
                "The time spans of the levels from 1 on, ascending, each a multiple of the one before. When such a"
                    + " span is over, the files of the level below that were written in it are merged, at most eight"
                    + " at a time, so that a restore between two snapshots reads few files. Default: 30s, 5m, 1h.")
        List<@Size(max = 8) String> levels) {
    private static final List<String> SPANS = List.of("30s", "5m", "1h");
    private static final String DEFAULT_LEVELS = "[\"30s\", \"5m\", \"1h\"]";

    /** Fills in what was left out with the same defaults as the API server does. */
    public Compaction {
        levels = List.copyOf(requireNonNullElse(levels, SPANS));
    }

    static Compaction defaults() {
        return new Compaction(SPANS);
    }
}
