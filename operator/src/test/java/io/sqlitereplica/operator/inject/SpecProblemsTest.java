package io.sqlitereplica.operator.inject;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.operator.testing.Replicas;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the rules of the CustomResourceDefinition cannot see. */
class SpecProblemsTest {
    @Test
    void findsNothingWrongWithARightOne() {
        assertThat(SpecProblems.of(Replicas.orders("shop", """
              verification: {schedule: "0 5 * * 0", timeZone: Europe/Berlin}
              restore: {request: {id: a, timestamp: "2026-11-23T08:00:00+01:00"}}
            """))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        verification: {schedule: "0 5 * * 9"}                       | spec.verification.schedule is "0 5 * * 9", which is no cron line
        verification: {schedule: "0 5 30 2 *"}                      | a day that no calendar has
        verification: {schedule: "0 5 * * 0", timeZone: Berlin}     | spec.verification.timeZone is "Berlin", which is no time zone
        restore: {request: {id: a, timestamp: "2026-13-01T00:00:00Z"}} | spec.restore.request.timestamp is "2026-13-01T00:00:00Z", which is no time
        """)
    void saysWhatIsWrong(String spec, String problem) {
        assertThat(SpecProblems.of(Replicas.orders("shop", "  " + spec + "\n")))
                .singleElement()
                .asString()
                .contains(problem);
    }
}
