package io.sqlitereplica.sidecar.storage;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Counts requests to a destination; for any thread. */
final class RequestCounter {
    enum Operation {
        PUT,
        GET,
        HEAD,
        LIST,
        DELETE,
        FAILURE
    }

    private final Map<Operation, Long> counts = new ConcurrentHashMap<>();

    void count(Operation operation) {
        counts.merge(operation, 1L, Long::sum);
    }

    private long sum(Operation operation) {
        return counts.getOrDefault(operation, 0L);
    }

    RequestCounts counts() {
        return new RequestCounts(
                sum(Operation.PUT),
                sum(Operation.GET),
                sum(Operation.HEAD),
                sum(Operation.LIST),
                sum(Operation.DELETE),
                sum(Operation.FAILURE));
    }
}
