package io.sqlitereplica.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The verdicts, at and around each threshold. */
class AssessmentTest {
    private static final long MIB = 1024 * 1024;

    /** Anonymous memory in per cent of the limit, live objects in per cent of the heap. */
    @ParameterizedTest
    @CsvSource({
        // anon, live, known, gc, faults, hits, psi
        "50,  50, true,  0,    0,    0,   0, HEALTHY",
        "84,  84, true,  0,    0,    0,   0, HEALTHY",
        "85,  50, true,  0,    0,    0,   0, PRESSURE",
        "91,  50, true,  0,    0,    0,   0, PRESSURE",
        "92,  50, true,  0,    0,    0,   0, CRITICAL",
        "120, 50, true,  0,    0,    0,   0, CRITICAL",
        "50,  85, true,  0,    0,    0,   0, PRESSURE",
        "50,  99, true,  0.20, 0,    0,   0, PRESSURE",
        "50,  92, true,  0.21, 0,    0,   0, CRITICAL",
        "50,  91, true,  0.90, 0,    0,   0, PRESSURE",
        "50,  99, false, 0.90, 0,    0,   0, HEALTHY",
        "69,  50, true,  0,    1000, 100, 90, HEALTHY",
        "70,  50, true,  0,    0,    0,   0, HEALTHY",
        "70,  50, true,  0,    9.9,  0,   9.9, HEALTHY",
        "70,  50, true,  0,    10,   0,   0, PRESSURE",
        "70,  50, true,  0,    0,    0.2, 0, PRESSURE",
        "70,  50, true,  0,    0,    0,   10, PRESSURE",
    })
    void followsTheThresholds(
            int anon,
            int live,
            boolean known,
            double gc,
            double faults,
            double hits,
            double pressure,
            MemoryVerdict verdict) {
        Judgement judgement =
                new Assessment(100 * MIB, anon * MIB, live * MIB, known, 100 * MIB, gc, faults, hits, pressure).judge();

        assertThat(judgement.verdict()).as(judgement.reason()).isEqualTo(verdict);
        assertThat(judgement.reason()).isNotBlank();
    }

    @Test
    void withoutALimitOnlyTheHeapCounts() {
        assertThat(withoutLimit(84).verdict()).isEqualTo(MemoryVerdict.HEALTHY);
        assertThat(withoutLimit(85).verdict()).isEqualTo(MemoryVerdict.PRESSURE);
        assertThat(withoutLimit(84).reason()).contains("there is no limit");
    }

    private static Judgement withoutLimit(int live) {
        return new Assessment(0, 5000 * MIB, live * MIB, true, 100 * MIB, 0, 0, 100, 0).judge();
    }

    @Test
    void givesTheReasonInFigures() {
        assertThat(new Assessment(128 * MIB, 111 * MIB, 0, true, 24 * MIB, 0, 0, 0, 0).judge())
                .isEqualTo(new Judgement(
                        MemoryVerdict.PRESSURE,
                        "anonymous memory without dead objects is 87 % of the limit (111 of 128 MiB)"));
    }

    @Test
    void changesItsMindOnlyAfterTwoSamplesThatAgree() {
        Hysteresis hysteresis = new Hysteresis();

        assertThat(verdicts(
                        hysteresis,
                        "HEALTHY",
                        "PRESSURE",
                        "HEALTHY",
                        "PRESSURE",
                        "CRITICAL",
                        "CRITICAL",
                        "HEALTHY",
                        "HEALTHY"))
                .isEqualTo("HEALTHY HEALTHY HEALTHY HEALTHY HEALTHY CRITICAL CRITICAL HEALTHY ");
    }

    private static String verdicts(Hysteresis hysteresis, String... samples) {
        StringBuilder verdicts = new StringBuilder();
        for (String sample : samples) {
            verdicts.append(hysteresis
                            .accept(new Judgement(MemoryVerdict.valueOf(sample), "because"))
                            .verdict())
                    .append(' ');
        }
        return verdicts.toString();
    }
}
