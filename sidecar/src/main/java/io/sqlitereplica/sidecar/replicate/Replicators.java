package io.sqlitereplica.sidecar.replicate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The replicators of a process, by the names of their databases, in the order in which they came. For any thread. */
public final class Replicators {
    private final Map<String, Replicator> byName = new LinkedHashMap<>();
    private boolean closed;

    /**
     * One more.
     *
     * @return false if none are to come any more
     */
    public synchronized boolean add(String name, Replicator replicator) {
        if (!closed) {
            byName.put(name, replicator);
        }
        return !closed;
    }

    /** From now on none come. */
    public synchronized void close() {
        closed = true;
    }

    synchronized void remove(String name) {
        byName.remove(name);
    }

    /** Those that there are now. */
    public synchronized List<Replicator> all() {
        return new ArrayList<>(byName.values());
    }
}
