package io.sqlitereplica.sidecar.memory;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/** A group of version 1. Its lines that begin with {@code total_} include the groups below, as those of version 2 do. */
record CgroupV1(GroupFolder folder) implements Cgroup {
    /** Without a limit the kernel shows the largest number of pages it can count, about 2^63 bytes. */
    private static final long NO_LIMIT_BYTES = 1L << 60;

    @Override
    public Optional<CgroupSample> sample() throws IOException {
        Path files = folder.path();
        Path statFile = files.resolve("memory.stat");
        Map<String, Long> stat = KernelFile.table(statFile);
        long limit = Math.min(
                KernelFile.number(files.resolve("memory.limit_in_bytes")),
                stat.getOrDefault("hierarchical_memory_limit", Long.MAX_VALUE));
        long kernel = KernelFile.numberIfThere(files.resolve("memory.kmem.usage_in_bytes"));
        return Optional.of(new CgroupSample(
                limit >= NO_LIMIT_BYTES ? 0 : limit,
                KernelFile.number(files.resolve("memory.usage_in_bytes")),
                KernelFile.value(stat, statFile, "total_rss"),
                KernelFile.value(stat, statFile, "total_cache"),
                stat.getOrDefault("total_active_file", 0L),
                KernelFile.value(stat, statFile, "total_inactive_file"),
                kernel,
                kernel,
                KernelFile.numberIfThere(files.resolve("memory.max_usage_in_bytes")),
                0,
                KernelFile.table(files.resolve("memory.oom_control")).getOrDefault("oom_kill", 0L),
                0,
                KernelFile.numberIfThere(files.resolve("memory.failcnt")),
                stat.getOrDefault("total_pgmajfault", 0L),
                stat.getOrDefault("total_workingset_refault_file", 0L),
                OptionalDouble.empty(),
                OptionalDouble.empty()));
    }
}
