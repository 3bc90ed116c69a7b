package io.sqlitereplica.sidecar.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** This JVM. */
final class Jvm {
    private static final Path STATUS = Path.of("/proc/self/status");

    private final List<MemoryPoolMXBean> pools = ManagementFactory.getMemoryPoolMXBeans();
    private final List<GarbageCollectorMXBean> collectors = ManagementFactory.getGarbageCollectorMXBeans();
    private final List<BufferPoolMXBean> buffers = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class);
    private final long directMaxBytes = directMax();

    JvmSample sample() throws IOException {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        boolean known = true;
        long live = 0;
        long metaspace = 0;
        long code = 0;
        for (MemoryPoolMXBean pool : pools) {
            if (pool.getType() == MemoryType.HEAP) {
                boolean collected = wasCollected(pool);
                known &= collected;
                live += collected ? usedAfterCollection(pool) : pool.getUsage().getUsed();
            } else if (pool.getName().equals("Metaspace")) {
                metaspace = pool.getUsage().getCommitted();
            } else if (pool.getName().startsWith("Code")) {
                code += pool.getUsage().getCommitted();
            }
        }
        return new JvmSample(
                rssAnonBytes(Files.readAllLines(STATUS)),
                heap.getUsed(),
                heap.getMax(),
                Math.min(live, heap.getUsed()),
                known,
                buffers.stream()
                        .filter(pool -> pool.getName().equals("direct"))
                        .mapToLong(BufferPoolMXBean::getTotalCapacity)
                        .sum(),
                directMaxBytes,
                metaspace,
                code,
                collectors.stream()
                        .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                        .sum());
    }

    private boolean wasCollected(MemoryPoolMXBean pool) {
        return collectors.stream()
                .anyMatch(collector -> collector.getCollectionCount() > 0
                        && List.of(collector.getMemoryPoolNames()).contains(pool.getName()));
    }

    private static long usedAfterCollection(MemoryPoolMXBean pool) {
        MemoryUsage usage = pool.getCollectionUsage();
        return usage == null ? pool.getUsage().getUsed() : usage.getUsed();
    }

    private static long directMax() {
        HotSpotDiagnosticMXBean diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long option =
                Long.parseLong(diagnostics.getVMOption("MaxDirectMemorySize").getValue());
        return option > 0 ? option : Runtime.getRuntime().maxMemory(); // 0: not set, which means as much as the heap
    }

    /** The line {@code RssAnon: 69820 kB} of {@code /proc/self/status} (proc(5)). */
    static long rssAnonBytes(List<String> status) throws IOException {
        for (String line : status) {
            if (line.startsWith("RssAnon:")) {
                String number =
                        line.substring("RssAnon:".length()).replace("kB", "").strip();
                return Long.parseLong(number) * 1024;
            }
        }
        throw new IOException("/proc/self/status has no line RssAnon");
    }
}
