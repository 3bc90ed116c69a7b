package io.sqlitereplica.sidecar.memory;

import java.util.Optional;

/** A process outside of any group that the kernel keeps an account of, as on a plain machine. */
record NoCgroup() implements Cgroup {
    @Override
    public Optional<CgroupSample> sample() {
        return Optional.empty();
    }
}
