package io.sqlitereplica.sidecar.buffer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BufferPoolTest {
    private final BufferPool pool = new BufferPool(8L * BufferPool.BUFFER_BYTES);

    @Test
    void lendsWholeAlignedClearedBigEndianBuffers() {
        try (Lease lease = pool.lease(8)) {
            for (int i = 0; i < lease.size(); i++) {
                assertWholeAndCleared(lease.get(i));
                assertThat(lease.get(i).alignmentOffset(0, BufferPool.ALIGNMENT_BYTES))
                        .isZero();
                lease.get(i).order(ByteOrder.LITTLE_ENDIAN).position(7).limit(9);
            }
        }
        try (Lease again = pool.lease(8)) {
            for (int i = 0; i < again.size(); i++) {
                assertWholeAndCleared(again.get(i));
            }
        }
    }

    private static void assertWholeAndCleared(ByteBuffer buffer) {
        assertThat(buffer.isDirect()).isTrue();
        assertThat(buffer.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        assertThat(buffer.position()).isZero();
        assertThat(buffer.limit()).isEqualTo(BufferPool.BUFFER_BYTES);
        assertThat(buffer.capacity()).isEqualTo(BufferPool.BUFFER_BYTES);
    }

    @Test
    void lendsABufferToOneAtATime() {
        try (Lease first = pool.lease(4);
                Lease second = pool.lease(4)) {
            for (int i = 0; i < 4; i++) {
                first.get(i).putInt(0, i);
                second.get(i).putInt(0, 100 + i);
            }
            for (int i = 0; i < 4; i++) {
                assertThat(first.get(i).getInt(0)).isEqualTo(i);
                assertThat(second.get(i).getInt(0)).isEqualTo(100 + i);
            }
        }
    }

    @Test
    void countsWhatIsLent() {
        assertThat(pool.usedBytes()).isZero();
        try (Lease lease = pool.lease(3)) {
            assertThat(lease.size()).isEqualTo(3);
            assertThat(pool.usedBytes()).isEqualTo(3L * BufferPool.BUFFER_BYTES);
        }
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void givesBuffersBackOnceHoweverOftenALeaseIsClosed() {
        Lease lease = pool.lease(3);
        lease.close();
        lease.close();

        assertThat(pool.usedBytes()).isZero();
        try (Lease all = pool.lease(8)) {
            assertThat(all.size()).isEqualTo(8);
            assertThat(pool.usedBytes()).isEqualTo(8L * BufferPool.BUFFER_BYTES);
        }
    }

    @Test
    void givesNoBufferFromAClosedLease() {
        Lease lease = pool.lease(1);
        lease.close();

        assertThatThrownBy(() -> lease.get(0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(lease::size).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void refusesWhatItCouldNeverLend() {
        assertThatThrownBy(() -> pool.lease(9))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("9 buffers from a pool of 8")
                .hasMessageContaining("MaxDirectMemorySize");
        assertThatThrownBy(() -> pool.lease(0)).isInstanceOf(IllegalArgumentException.class);
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void waitsUntilAllBuffersOfALeaseAreThereAndHoldsNoneMeanwhile() throws InterruptedException {
        Lease five = pool.lease(5);
        Lease two = pool.lease(2);
        AtomicBoolean lent = new AtomicBoolean();
        Thread waiting = borrower(8, () -> lent.set(true));

        two.close();
        assertThat(lent).isFalse();
        assertThat(pool.usedBytes()).isEqualTo(5L * BufferPool.BUFFER_BYTES);

        five.close();
        waiting.join();
        assertThat(lent).isTrue();
        assertThat(pool.usedBytes()).isZero();
    }

    @Test
    void lendsInOrderOfArrivalSoThatALargeLeaseIsNotStarvedBySmallOnes() throws InterruptedException {
        ConcurrentLinkedQueue<String> order = new ConcurrentLinkedQueue<>();
        Lease seven = pool.lease(7);
        Thread large = borrower(8, () -> order.add("large"));
        Thread small = borrower(1, () -> order.add("small")); // one is free, but the large one came first

        assertThat(order).isEmpty();
        seven.close();
        large.join();
        small.join();

        assertThat(order).containsExactly("large", "small");
    }

    @Test
    void keepsAnInterruptForLater() throws InterruptedException {
        Lease all = pool.lease(8);
        AtomicBoolean interrupted = new AtomicBoolean();
        Thread waiting =
                borrower(1, () -> interrupted.set(Thread.currentThread().isInterrupted()));

        waiting.interrupt();
        assertThat(interrupted).isFalse();
        all.close();
        waiting.join();

        assertThat(interrupted).isTrue();
        assertThat(pool.usedBytes()).isZero();
    }

    /** A thread that waits for a lease, does something while it has it, and ends. */
    private Thread borrower(int buffers, Runnable whenLent) {
        Thread thread = Thread.ofPlatform().name("borrower of " + buffers).start(() -> {
            try (Lease lease = pool.lease(buffers)) {
                assertThat(lease.size()).isEqualTo(buffers);
                whenLent.run();
            }
        });
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return thread;
    }

    @Test
    void hasFourBuffersAtLeast() {
        assertThat(new BufferPool(0).capacity()).isEqualTo(4);
        assertThat(new BufferPool(5L * BufferPool.BUFFER_BYTES - 1).capacity()).isEqualTo(4);
        assertThat(new BufferPool(5L * BufferPool.BUFFER_BYTES).capacity()).isEqualTo(5);
        assertThatThrownBy(() -> new BufferPool(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(longs = {4, 12, 24, 64, 256, 1024, 64 * 1024, 400 * 1024})
    void leavesOneMebibyteOfTheDirectMemoryToOthersEvenWithAlignment(long maxDirectMib) {
        long max = maxDirectMib << 20;
        BufferPool sized = new BufferPool(BufferPool.capacityBytes(max));

        assertThat(sized.capacity() * (long) (BufferPool.BUFFER_BYTES + BufferPool.ALIGNMENT_BYTES))
                .isLessThanOrEqualTo(max - (1 << 20));
    }

    @Test
    void lendsFortyBuffersInTwelveMebibytes() throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process process = new ProcessBuilder(List.of(
                        java,
                        "-XX:MaxDirectMemorySize=12m",
                        "-Xmx24m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LeaseEverything.class.getName()))
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isZero();
        assertThat(output.lines()).contains("40 buffers");
    }

    /** Leases all that the JVM it runs in may have. */
    static final class LeaseEverything {
        private LeaseEverything() {}

        public static void main(String[] args) {
            BufferPool everything = BufferPool.forThisJvm();
            try (Lease lease = everything.lease(everything.capacity())) {
                System.out.println(lease.size() + " buffers");
            }
        }
    }
}
