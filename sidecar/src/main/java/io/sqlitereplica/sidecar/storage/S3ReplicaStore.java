package io.sqlitereplica.sidecar.storage;

import io.minio.messages.Item;
import io.minio.messages.ListBucketResultV2;
import io.minio.messages.ListObjectsResult;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A replica below a prefix of an S3 bucket, laid out as Litestream does: {@code <prefix>/<level, 4 hex digits>/<name>},
 * each object's metadata {@code litestream-timestamp} being the time in its header.
 *
 * <p>Every object is created with {@code If-None-Match: *}, so the first of two writers wins. The server must support
 * that on PutObject and CompleteMultipartUpload, as Amazon's, MinIO, Ceph and others do, and {@code If-Match} for the one
 * object that is replaced ({@link S3Owner}).
 */
public final class S3ReplicaStore implements ReplicaStore {
    /** As many as S3 gives. The page is held in memory while it is parsed, a few megabytes in all. */
    private static final int KEYS_PER_PAGE = 1000;

    private final ReplicaUrl.Bucket url;
    private final StreamLimit streams;
    private final S3Requests requests;
    private final S3Owner owner;
    private final Runnable onClose;

    S3ReplicaStore(
            ReplicaUrl.Bucket url, CredentialsSource credentials, StreamLimit streams, S3Http http, Runnable onClose) {
        this.url = url;
        this.streams = streams;
        this.requests = new S3Requests(url, credentials, http);
        this.owner = new S3Owner(requests, key("owner.json"));
        this.onClose = onClose;
    }

    @Override
    public String location() {
        return url.toString();
    }

    @Override
    public void list(int level, TxId from, Consumer<ReplicaFile> each) throws IOException {
        String folder = folder(level);
        String after = from.equals(TxId.ZERO) ? null : folder + from; // before any name that begins so
        String continuation = null;
        do {
            ListBucketResultV2 page = requests.list(folder, KEYS_PER_PAGE, after, continuation);
            for (Item item : page.contents()) {
                item.setEncodingType(page.encodingType());
                Optional<LtxFileName> name = LtxFileName.parse(item.objectName().substring(folder.length()));
                if (name.isPresent()) {
                    Instant modified = item.lastModified().toInstant();
                    each.accept(new ReplicaFile(level, name.get(), item.size(), modified));
                }
            }
            continuation = page.isTruncated() ? page.nextContinuationToken() : null;
        } while (continuation != null);
    }

    @Override
    public void folders(Consumer<String> each) throws IOException {
        String above = key("");
        String continuation = null;
        do {
            ListBucketResultV2 page = requests.listFolders(above, KEYS_PER_PAGE, continuation);
            for (ListObjectsResult.Prefix folder : page.commonPrefixes()) {
                Item item = folder.toItem();
                item.setEncodingType(page.encodingType());
                String name = item.objectName();
                each.accept(name.substring(above.length(), name.length() - 1));
            }
            continuation = page.isTruncated() ? page.nextContinuationToken() : null;
        } while (continuation != null);
    }

    @Override
    public InputStream open(ReplicaFile file, long offset) throws IOException {
        return requests.get(key(file), offset, file.sizeBytes());
    }

    @Override
    public Instant timestamp(ReplicaFile file) throws IOException {
        return requests.timestamp(key(file));
    }

    @Override
    public CreateResult create(int level, LtxFileName name, Instant timestamp, Path file) throws IOException {
        return new S3FileUpload(requests, folder(level) + name, timestamp, file).run();
    }

    @Override
    public Upload createStreaming(int level, LtxFileName name, Instant timestamp, long maxBytes, Path spillFolder)
            throws IOException {
        return new S3StreamUpload(
                requests, folder(level) + name, timestamp, PartGatherer.of(maxBytes, streams, spillFolder));
    }

    @Override
    public void delete(List<ReplicaFile> files) throws IOException {
        requests.delete(files.stream().map(this::key).toList());
    }

    @Override
    public Optional<StoredOwner> owner() throws IOException {
        return owner.read();
    }

    @Override
    public Optional<StoredOwner> replaceOwner(OwnerRecord next, Optional<StoredOwner> before) throws IOException {
        return owner.replace(next, before);
    }

    @Override
    public void check() throws IOException {
        requests.list(key(""), 1, null, null);
    }

    @Override
    public RequestCounts requests() {
        return requests.counts();
    }

    @Override
    public void close() {
        onClose.run();
    }

    private String folder(int level) {
        return key("%04x/".formatted(Levels.check(level)));
    }

    private String key(String belowPrefix) {
        return url.prefix().isEmpty() ? belowPrefix : url.prefix() + "/" + belowPrefix;
    }

    private String key(ReplicaFile file) {
        return folder(file.level()) + file.name();
    }
}
