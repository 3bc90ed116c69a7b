package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How long the parts of a stream are. */
class PartGathererTest {
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({"0, 5", "48, 5", "49, 6", "5120, 525"})
    void areAsLongAsTenThousandMustBe(long gib, long partMib) throws Exception {
        StreamLimit streams = new StreamLimit(new BufferPool(10 * MIB));

        try (PartGatherer part = PartGatherer.of(gib * GIB, streams, folder)) {
            assertThat(part.capacity()).isEqualTo(partMib * MIB).isGreaterThanOrEqualTo(gib * GIB / 10_000);
        }
        assertThat(folder).isEmptyDirectory();
    }
}
