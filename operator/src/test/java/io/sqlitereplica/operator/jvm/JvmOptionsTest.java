package io.sqlitereplica.operator.jvm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JvmOptionsTest {
    private static final long MIB = 1024 * 1024;

    @ParameterizedTest
    @ValueSource(ints = {112, 128, 192, 256, 512, 1024})
    void writesTheGoldenFileOfALimit(int limitMiB) throws IOException {
        JvmOptions options = JvmOptions.forLimit(limitMiB * MIB);

        assertThat(options.fileName()).isEqualTo("jvm-" + limitMiB + ".options");
        assertThat(options.text()).isEqualTo(golden(options.fileName()));
    }

    @ParameterizedTest
    @CsvSource({
        "112, 24, 12, 68, 8, 0",
        "128, 24, 12, 68, 8, 16",
        "138, 26, 12, 68, 9, 23",
        "176, 32, 12, 68, 10, 54",
        "248, 48, 12, 68, 12, 108",
        "8192, 48, 12, 68, 250, 7814"
    })
    void sharesOutTheLimit(int limitMiB, int heap, int direct, int fixed, int reserve, int headroom) {
        assertThat(MemoryBudget.of(limitMiB * MIB))
                .isEqualTo(new MemoryBudget(limitMiB * MIB, heap, direct, fixed, reserve, headroom));
    }

    @Test
    void neverPlansForMoreThanTheLimitAndNeverShrinksTheHeapOfALargerOne() {
        int heapBefore = 0;
        for (long limitMiB = 112; limitMiB <= 8192; limitMiB++) {
            MemoryBudget budget = MemoryBudget.of(limitMiB * MIB);

            assertThat(budget.heapMiB())
                    .as("heap for %d MiB", limitMiB)
                    .isBetween(24, 48)
                    .isEven()
                    .isGreaterThanOrEqualTo(heapBefore);
            assertThat(budget.headroomMiB()).as("headroom for %d MiB", limitMiB).isNotNegative();
            assertThat(budget.heapMiB() + budget.directMiB() + budget.fixedMiB() + 4 + Math.max(4, 0.03 * limitMiB))
                    .as("plan for %d MiB", limitMiB)
                    .isLessThanOrEqualTo((double) limitMiB);
            heapBefore = budget.heapMiB();
        }
    }

    @Test
    void writesAPercentageThatTheJvmRoundsUpToTheHeapOfTheBudget() {
        for (long limitMiB = 112; limitMiB <= 8192; limitMiB++) {
            assertPercentageGivesTheHeap(limitMiB * MIB);
            assertPercentageGivesTheHeap(limitMiB * MIB + 999_999);
        }
        assertPercentageGivesTheHeap(256L * 1024 * MIB);
    }

    private static void assertPercentageGivesTheHeap(long limitBytes) {
        JvmOptions options = JvmOptions.forLimit(limitBytes);
        double percentage = Double.parseDouble(value(options, "-XX:MaxRAMPercentage="));
        long heapBytes = (long) (limitBytes * percentage / 100);
        long roundedUp = Math.ceilDiv(heapBytes, 2 * MIB) * 2 * MIB;

        assertThat(value(options, "-XX:MinRAMPercentage=")).isEqualTo(value(options, "-XX:MaxRAMPercentage="));
        assertThat(roundedUp)
                .as("heap for %d bytes", limitBytes)
                .isEqualTo(options.budget().heapMiB() * MIB);
    }

    @ParameterizedTest
    @ValueSource(longs = {112 * MIB, 128 * MIB, 128_000_000, 156 * MIB, 192 * MIB, 250 * MIB, 512 * MIB, 8192 * MIB})
    void givesTheRealJvmTheHeapOfTheBudget(long limitBytes, @TempDir Path folder) throws Exception {
        JvmOptions options = JvmOptions.forLimit(limitBytes);
        Path file = Files.writeString(folder.resolve(options.fileName()), options.text());

        List<String> flags = finalFlags("@" + file, "-XX:-IgnoreUnrecognizedVMOptions", "-XX:MaxRAM=" + limitBytes);

        assertThat(flag(flags, "MaxHeapSize")).isEqualTo(options.budget().heapMiB() * MIB);
        assertThat(flag(flags, "MaxDirectMemorySize"))
                .isEqualTo(options.budget().directMiB() * MIB);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 0, 111 * MIB, 112 * MIB - 1})
    void refusesALimitBelowTheFloor(long limitBytes) {
        assertThatThrownBy(() -> JvmOptions.forLimit(limitBytes))
                .isInstanceOfSatisfying(
                        LimitTooSmallException.class,
                        e -> assertThat(e.limitBytes()).isEqualTo(limitBytes))
                .hasMessageContaining("112Mi")
                .hasMessageContaining("spec.sidecar.resources.limits.memory");
    }

    private static List<String> finalFlags(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of(options));
        command.addAll(List.of("-XX:+PrintFlagsFinal", "--version"));
        Process java = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        List<String> lines = java.inputReader().lines().toList();
        assertThat(java.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(java.exitValue()).as("exit code of %s", command).isZero();
        return lines;
    }

    private static long flag(List<String> flags, String name) {
        return flags.stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(words -> words.length > 3 && words[1].equals(name))
                .mapToLong(words -> Long.parseLong(words[3]))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no flag " + name));
    }

    private static String value(JvmOptions options, String option) {
        return options.text()
                .lines()
                .filter(line -> line.startsWith(option))
                .map(line -> line.substring(option.length()))
                .findFirst()
                .orElseThrow();
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = JvmOptionsTest.class.getResourceAsStream(name)) {
            assertThat(in).as("golden file %s", name).isNotNull();
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
