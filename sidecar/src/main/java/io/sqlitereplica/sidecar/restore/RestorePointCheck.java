package io.sqlitereplica.sidecar.restore;

import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import io.sqlitereplica.sidecar.storage.ReplicaStore;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Whether a plan leads to the point that is wanted. If not, the listing is read again, to say what can be had instead. */
final class RestorePointCheck {
    private static final int LEVELS = 10;

    private final ReplicaStore store;
    private final RestorePoint point;

    RestorePointCheck(ReplicaStore store, RestorePoint point) {
        this.store = store;
        this.point = point;
    }

    /**
     * Passes if it does, or if there is nothing at all.
     *
     * @param reached what the plan leads to
     * @param beyond a file up to the point that cannot be reached
     */
    void check(TxId reached, @Nullable ReplicaFile beyond) throws IOException {
        switch (point) {
            case RestorePoint.Newest() -> {
                if (beyond != null) {
                    throw new ReplicaHoleException(store.location(), reached, beyond);
                }
            }
            case RestorePoint.AtTxId(TxId wanted) -> {
                if (!reached.equals(wanted)) {
                    refuse(wanted, reached);
                }
            }
            case RestorePoint.AtTime(Instant time) -> {
                if (reached.equals(TxId.ZERO)) {
                    refuse(time);
                } else if (beyond != null && !isThere(reached.next())) {
                    throw new ReplicaHoleException(store.location(), reached, beyond);
                }
            }
        }
    }

    private void refuse(TxId wanted, TxId below) throws IOException {
        var above = new Object() {
            @Nullable
            TxId nearest;
        };
        listAll(file -> {
            TxId max = file.name().max();
            if (max.compareTo(wanted) > 0
                    && file.name().min().compareTo(below.next()) <= 0
                    && (above.nearest == null || max.compareTo(above.nearest) < 0)) {
                above.nearest = max;
            }
        });
        TxId nearest = above.nearest;
        if (below.equals(TxId.ZERO) && nearest == null) {
            return; // there is nothing
        }
        String choice = nearest == null
                ? "the newest is TXID " + below
                : below.equals(TxId.ZERO)
                        ? "the oldest is TXID " + nearest
                        : "the nearest are TXID %s and TXID %s".formatted(below, nearest);
        throw new RestorePointException(
                "The replica %s cannot be restored to TXID %s: %s".formatted(store.location(), wanted, choice));
    }

    private void refuse(Instant wanted) throws IOException {
        var oldest = new Object() {
            @Nullable
            ReplicaFile file;
        };
        listAll(file -> {
            ReplicaFile known = oldest.file;
            if (file.name().isSnapshot()
                    && (known == null
                            || file.name().max().compareTo(known.name().max()) < 0)) {
                oldest.file = file;
            }
        });
        ReplicaFile first = oldest.file;
        if (first != null) {
            throw new RestorePointException("The replica %s cannot be restored to %s: it begins at %s, with TXID %s"
                    .formatted(
                            store.location(),
                            wanted,
                            timestamp(first),
                            first.name().max()));
        }
    }

    private Instant timestamp(ReplicaFile file) throws IOException {
        try {
            return store.timestamp(file);
        } catch (NoSuchFileException e) {
            throw new VanishedException(store.location(), file, e);
        }
    }

    /** Some file has the transaction, be it one that also goes beyond the point. */
    private boolean isThere(TxId txId) throws IOException {
        var found = new Object() {
            boolean yes;
        };
        listAll(file -> found.yes |=
                file.name().min().compareTo(txId) <= 0 && file.name().max().compareTo(txId) >= 0);
        return found.yes;
    }

    private void listAll(Consumer<ReplicaFile> each) throws IOException {
        for (int level = 0; level < LEVELS; level++) {
            store.list(level, each);
        }
    }
}
