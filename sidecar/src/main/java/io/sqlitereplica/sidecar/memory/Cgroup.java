package io.sqlitereplica.sidecar.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The control group of this process, as far as memory goes. */
public sealed interface Cgroup permits CgroupV1, CgroupV2, NoCgroup {
    /**
     * The account as of now; empty if the process is in no group that has one.
     *
     * @throws IOException if the kernel's files cannot be read or understood
     */
    Optional<CgroupSample> sample() throws IOException;

    /** Finds the group of this process. */
    static Cgroup ofThisProcess() throws IOException {
        return find(Path.of("/"));
    }

    /**
     * Finds the group of the process {@code self} of the file system below {@code root}. A version 1 hierarchy with the
     * memory controller goes first: where both versions are mounted, the controller is in one of them only.
     */
    static Cgroup find(Path root) throws IOException {
        List<String> groups = Files.readAllLines(root.resolve("proc/self/cgroup"));
        List<String> mounts = Files.readAllLines(root.resolve("proc/self/mountinfo"));
        Optional<GroupFolder> v1 = GroupFolder.find(
                root,
                groups,
                mounts,
                "cgroup",
                controllers -> List.of(controllers.split(",", -1)).contains("memory"));
        if (v1.isPresent()) {
            return new CgroupV1(v1.get());
        }
        return GroupFolder.find(root, groups, mounts, "cgroup2", String::isEmpty)
                .filter(folder -> Files.exists(folder.path().resolve(CgroupV2.CURRENT)))
                .<Cgroup>map(CgroupV2::new)
                .orElseGet(NoCgroup::new);
    }
}
