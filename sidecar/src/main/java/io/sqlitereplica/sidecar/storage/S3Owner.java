package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.util.Optional;

/**
 * The owner record of a prefix: the object {@code owner.json}, created by {@code If-None-Match: *} and replaced by {@code
 * If-Match} on its ETag, which is its tag.
 */
final class S3Owner {
    /** Of no object. */
    private static final String OTHER_TAG = "00000000000000000000000000000000";

    private final S3Requests requests;
    private final String key;
    private volatile boolean conditionsWork;

    S3Owner(S3Requests requests, String key) {
        this.requests = requests;
        this.key = key;
    }

    Optional<StoredOwner> read() throws IOException {
        Optional<S3Requests.Tagged> object = requests.getSmall(key);
        return object.isEmpty()
                ? Optional.empty()
                : Optional.of(new StoredOwner(
                        OwnerRecord.parse(object.get().contents(), requests.location()),
                        object.get().tag()));
    }

    Optional<StoredOwner> replace(OwnerRecord next, Optional<StoredOwner> before) throws IOException {
        String json = next.toJson();
        Optional<String> tag =
                requests.putSmall(key, json, before.map(StoredOwner::tag).orElse(null));
        if (tag.isPresent() && !conditionsWork) {
            requireConditions(json);
            conditionsWork = true;
        }
        return tag.map(t -> new StoredOwner(next, t));
    }

    /**
     * A server that does not know a condition passes over it, and two writers would overwrite each other's files without a
     * word. So each is tried once, with what is there anyway, where it does not hold. That of a multipart upload is
     * another part of the server than that of a PUT.
     */
    private void requireConditions(String json) throws IOException {
        if (requests.putSmall(key, json, null).isPresent()) {
            throw ignored("If-None-Match on PUT requests");
        }
        if (requests.putSmall(key, json, OTHER_TAG).isPresent()) {
            throw ignored("If-Match on PUT requests");
        }
        if (requests.putSmallInParts(key, json) == CreateResult.CREATED) {
            throw ignored("If-None-Match on CompleteMultipartUpload requests");
        }
    }

    private StoreException ignored(String condition) {
        return new StoreException(
                StoreException.Kind.NO_CONDITIONS,
                ("The store of %s ignores %s, so two writers could overwrite each other's files. Use a store with"
                    + " conditional writes (Amazon S3, MinIO, Ceph and others have them), or update it; if a proxy is"
                    + " in between, let it pass If-None-Match and If-Match")
                        .formatted(requests.location(), condition));
    }
}
