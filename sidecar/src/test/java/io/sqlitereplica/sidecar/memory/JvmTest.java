package io.sqlitereplica.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** This JVM's figures. */
class JvmTest {
    private static final int MIB = 1024 * 1024;

    private final Jvm jvm = new Jvm();

    @Test
    void countsTheHeap() throws IOException {
        System.gc();
        byte[] live = new byte[8 * MIB];
        System.gc();
        JvmSample before = jvm.sample();
        assertThat(before.heapLiveKnown()).isTrue();
        assertThat(before.heapLiveBytes()).isBetween((long) live.length, before.heapUsedBytes());
        assertThat(before.heapMaxBytes()).isEqualTo(Runtime.getRuntime().maxMemory());
        assertThat(before.gcMillis()).isNotNegative();

        byte[] more = new byte[8 * MIB];
        System.gc();

        assertThat(jvm.sample().heapLiveBytes() - before.heapLiveBytes()).isGreaterThan(4 * MIB);
        assertThat(live.length + more.length).isEqualTo(16 * MIB);
    }

    @Test
    void countsWhatIsOutsideOfTheHeap() throws IOException {
        JvmSample before = jvm.sample();
        ByteBuffer direct = ByteBuffer.allocateDirect(4 * MIB);
        JvmSample after = jvm.sample();

        assertThat(after.directBytes() - before.directBytes()).isEqualTo(direct.capacity());
        assertThat(after.directMaxBytes()).isPositive();
        assertThat(after.metaspaceBytes()).isPositive();
        assertThat(after.codeBytes()).isPositive();
        assertThat(after.rssAnonBytes()).isGreaterThan(10 * MIB);
    }

    @Test
    void readsTheProcesssOwnPages() throws Exception {
        Path status =
                Path.of(JvmTest.class.getResource("/cgroup/v2/proc/self/status").toURI());

        assertThat(Jvm.rssAnonBytes(Files.readAllLines(status))).isEqualTo(69_820 * 1024);
        assertThatThrownBy(() -> Jvm.rssAnonBytes(List.of("VmRSS: 1 kB"))).isInstanceOf(IOException.class);
    }
}
