package io.sqlitereplica.sidecar.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** A group of version 2. */
record CgroupV2(GroupFolder folder) implements Cgroup {
    static final String CURRENT = "memory.current";

    @Override
    public Optional<CgroupSample> sample() throws IOException {
        Path files = folder.path();
        Path statFile = files.resolve("memory.stat");
        Map<String, Long> stat = KernelFile.table(statFile);
        Map<String, Long> events = KernelFile.table(files.resolve("memory.events"));
        Path pressure = files.resolve("memory.pressure");
        long slab = stat.getOrDefault("slab", 0L);
        return Optional.of(new CgroupSample(
                limitBytes(),
                KernelFile.number(files.resolve(CURRENT)),
                KernelFile.value(stat, statFile, "anon"),
                KernelFile.value(stat, statFile, "file"),
                stat.getOrDefault("active_file", 0L),
                KernelFile.value(stat, statFile, "inactive_file"),
                slab,
                stat.getOrDefault("kernel", slab + stat.getOrDefault("kernel_stack", 0L)), // sum: before 5.18
                KernelFile.numberIfThere(files.resolve("memory.peak")), // since 5.19
                events.getOrDefault("oom", 0L),
                events.getOrDefault("oom_kill", 0L),
                events.getOrDefault("high", 0L),
                events.getOrDefault("max", 0L),
                stat.getOrDefault("pgmajfault", 0L),
                stat.getOrDefault("workingset_refault_file", stat.getOrDefault("workingset_refault", 0L)),
                KernelFile.pressure(pressure, "some"),
                KernelFile.pressure(pressure, "full")));
    }

    /** A group has no more than the groups above it. The topmost of all has no such file. */
    private long limitBytes() throws IOException {
        long lowest = Long.MAX_VALUE;
        for (Path group : folder.upwards()) {
            try {
                String limit = Files.readString(group.resolve("memory.max")).strip();
                if (!limit.equals("max")) {
                    lowest = Math.min(lowest, Long.parseLong(limit));
                }
            } catch (NoSuchFileException e) {
                // see above
            } catch (NumberFormatException e) {
                throw new IOException(group.resolve("memory.max") + " is neither a number nor 'max'", e);
            }
        }
        return lowest == Long.MAX_VALUE ? 0 : lowest;
    }
}
