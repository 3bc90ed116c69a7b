package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;

/**
 * Opens destinations that share one pool, one set of keys and one HTTP client. A process that replicates several
 * databases has one of these.
 */
public final class ReplicaStores implements AutoCloseable {
    private final CredentialsSource credentials;
    private final StreamLimit streams;
    private final S3Http http;

    /** Destinations with these keys, where they need any, and buffers of this pool. */
    public ReplicaStores(CredentialsSource credentials, BufferPool pool) {
        this(credentials, pool, new S3Http());
    }

    ReplicaStores(CredentialsSource credentials, BufferPool pool, S3Http http) {
        this.credentials = credentials;
        this.streams = new StreamLimit(pool);
        this.http = http;
    }

    /** Opens one destination. Asks it for nothing yet. */
    public ReplicaStore open(ReplicaUrl url) {
        return open(url, () -> {});
    }

    private ReplicaStore open(ReplicaUrl url, Runnable onClose) {
        return switch (url) {
            case ReplicaUrl.Folder folder -> new FileReplicaStore(folder.path(), streams);
            case ReplicaUrl.Bucket bucket -> new S3ReplicaStore(bucket, credentials, streams, http, onClose);
        };
    }

    /** Opens a single destination with an HTTP client of its own. */
    public static ReplicaStore open(ReplicaUrl url, CredentialsSource credentials, BufferPool pool) {
        ReplicaStores stores = new ReplicaStores(credentials, pool);
        return stores.open(url, stores::close);
    }

    /** Breaks off the requests of all destinations opened here. */
    @Override
    public void close() {
        http.close();
    }
}
