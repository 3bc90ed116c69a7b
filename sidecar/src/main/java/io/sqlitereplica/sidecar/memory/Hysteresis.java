package io.sqlitereplica.sidecar.memory;

import org.jspecify.annotations.Nullable;

/** Changes a verdict only when two samples in a row say the same new thing. Not for several threads. */
final class Hysteresis {
    private @Nullable Judgement held;
    private @Nullable MemoryVerdict challenger;

    Judgement accept(Judgement next) {
        Judgement current = held;
        if (current == null || next.verdict() == current.verdict() || next.verdict() == challenger) {
            challenger = null;
            held = next;
            return next;
        }
        challenger = next.verdict();
        return current;
    }
}
