package io.sqlitereplica.operator.reconcile;

import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Values by the uid of their object, forgotten some time after they were put, so that deleted objects leave nothing. */
final class ExpiringMap<V> {
    private final Duration lifetime;
    /** Oldest first. */
    private final Map<String, Entry<V>> entries = new LinkedHashMap<>();

    private record Entry<V>(V value, Instant expires) {}

    ExpiringMap(Duration lifetime) {
        this.lifetime = lifetime;
    }

    synchronized void put(String uid, V value, Instant now) {
        entries.remove(uid);
        entries.put(uid, new Entry<>(value, now.plus(lifetime)));
        Iterator<Entry<V>> oldest = entries.values().iterator();
        while (oldest.hasNext() && !now.isBefore(oldest.next().expires())) {
            oldest.remove();
        }
    }

    synchronized Optional<V> get(String uid, Instant now) {
        return Optional.ofNullable(entries.get(uid))
                .filter(entry -> now.isBefore(entry.expires()))
                .map(Entry::value);
    }

    synchronized void remove(String uid) {
        entries.remove(uid);
    }
}
