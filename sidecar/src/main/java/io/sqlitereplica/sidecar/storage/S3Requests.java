package io.sqlitereplica.sidecar.storage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.minio.AbortMultipartUploadArgs;
import io.minio.CompleteMultipartUploadArgs;
import io.minio.CreateMultipartUploadArgs;
import io.minio.DeleteObjectsArgs;
import io.minio.GetObjectArgs;
import io.minio.GetObjectResponse;
import io.minio.HeadObjectArgs;
import io.minio.HeadObjectResponse;
import io.minio.Http;
import io.minio.ListObjectsV2Args;
import io.minio.MinioAsyncClient;
import io.minio.ObjectWriteResponse;
import io.minio.PutObjectAPIArgs;
import io.minio.UploadPartArgs;
import io.minio.messages.DeleteRequest;
import io.minio.messages.DeleteResult;
import io.minio.messages.ListBucketResultV2;
import io.minio.messages.Part;
import io.sqlitereplica.sidecar.storage.RequestCounter.Operation;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.NoSuchFileException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The requests to one bucket, each a single one on the wire, made and waited for by the calling thread. The client's
 * low-level calls are used: its high-level ones send {@code If-None-Match} with every part, which servers refuse, and
 * copy the contents.
 *
 * <p>Contents are protected by {@code Content-MD5}, which every server knows, on parts as well. The newer checksum headers
 * that the client would add otherwise must be announced when a multipart upload is created, and not all servers know
 * them.
 */
final class S3Requests {
    private static final String TIMESTAMP = "X-Amz-Meta-Litestream-Timestamp";
    private static final Set<String> CONDITION_FAILED = Set.of("PreconditionFailed", "ObjectAlreadyExists");
    private static final int RANGE_NOT_SATISFIABLE = 416;
    private static final int MAX_SMALL_BYTES = 64 * 1024;

    private final ReplicaUrl.Bucket url;
    private final S3Connection connection;
    private final S3ObjectHeaders object;
    private final S3Errors errors;
    private final RequestCounter counter = new RequestCounter();
    private final S3AbandonedUploads abandoned = new S3AbandonedUploads(this::tryToAbort);

    S3Requests(ReplicaUrl.Bucket url, CredentialsSource credentials, S3Http http) {
        this.url = url;
        this.errors = new S3Errors(url);
        this.connection = new S3Connection(url, credentials, http);
        this.object = new S3ObjectHeaders(url.options());
    }

    /**
     * One page of a listing.
     *
     * @param after a key; those up to it are left out. Null: none are
     * @param continuation where the page before ended; null: this is the first
     */
    ListBucketResultV2 list(String prefix, int maxKeys, @Nullable String after, @Nullable String continuation)
            throws IOException {
        ListObjectsV2Args.Builder arguments = listing(prefix, maxKeys, continuation);
        if (continuation == null && after != null) {
            arguments.startAfter(after);
        }
        return list(arguments.build());
    }

    /** One page of the prefixes that go one slash further than this one. */
    ListBucketResultV2 listFolders(String prefix, int maxKeys, @Nullable String continuation) throws IOException {
        return list(listing(prefix, maxKeys, continuation).delimiter("/").build());
    }

    private ListObjectsV2Args.Builder listing(String prefix, int maxKeys, @Nullable String continuation) {
        ListObjectsV2Args.Builder arguments = ListObjectsV2Args.builder()
                .bucket(url.bucket())
                .prefix(prefix)
                .maxKeys(maxKeys)
                .encodingType("url");
        if (continuation != null) {
            arguments.continuationToken(continuation);
        }
        return arguments;
    }

    private ListBucketResultV2 list(ListObjectsV2Args arguments) throws IOException {
        return call(Operation.LIST, "list", client -> client.listObjectsV2(arguments))
                .result();
    }

    /** The rest of an object; empty at its end. */
    InputStream get(String key, long offset, long sizeBytes) throws IOException {
        GetObjectArgs.Builder arguments =
                GetObjectArgs.builder().bucket(url.bucket()).object(key).extraHeaders(object.access());
        if (offset > 0) {
            arguments.offset(offset);
        }
        try {
            return new ObjectStream(
                    ask(Operation.GET, client -> client.getObject(arguments.build())),
                    failure -> failed("read", failure));
        } catch (RuntimeException e) {
            Throwable cause = S3Errors.unwrap(e);
            if (S3Errors.status(cause) == RANGE_NOT_SATISFIABLE && offset == sizeBytes) {
                return InputStream.nullInputStream();
            }
            throw goneOr(key, "read", cause);
        }
    }

    /**
     * The contents of a small object.
     *
     * @param tag its ETag, without quotes
     */
    record Tagged(String contents, String tag) {}

    /** A small object, if it is there. */
    Optional<Tagged> getSmall(String key) throws IOException {
        GetObjectArgs arguments = GetObjectArgs.builder()
                .bucket(url.bucket())
                .object(key)
                .extraHeaders(object.access())
                .build();
        try (GetObjectResponse small = ask(Operation.GET, client -> client.getObject(arguments))) {
            String contents = new String(small.readNBytes(MAX_SMALL_BYTES), UTF_8);
            return Optional.of(
                    new Tagged(contents, withoutQuotes(small.headers().get("ETag"))));
        } catch (RuntimeException e) {
            Throwable cause = S3Errors.unwrap(e);
            if (S3Errors.isCode(cause, "NoSuchKey")) {
                return Optional.empty();
            }
            throw failed("read", cause);
        } catch (IOException e) {
            throw failed("read", e);
        }
    }

    /**
     * Writes a small object on one condition.
     *
     * @param tag that of the object that must be there; null: none may be there
     * @return its new tag; empty if the condition does not hold
     */
    Optional<String> putSmall(String key, String contents, @Nullable String tag) throws IOException {
        BytesBody body = new BytesBody(contents.getBytes(UTF_8));
        Http.Headers headers = contentHeaders(body);
        Http.Headers condition =
                tag == null ? onlyIfAbsent(object.create()) : with("If-Match", '"' + tag + '"', object.create());
        try {
            ObjectWriteResponse written = ask(
                    Operation.PUT,
                    client -> client.putObject(PutObjectAPIArgs.builder()
                            .bucket(url.bucket())
                            .object(key)
                            .buffer(body)
                            .headers(headers)
                            .contentType("application/json")
                            .extraHeaders(condition)
                            .build()));
            return Optional.of(withoutQuotes(written.etag()));
        } catch (RuntimeException e) {
            Throwable cause = S3Errors.unwrap(e);
            // An object that must be there and is gone is also another one.
            if (S3Errors.isCode(cause, CONDITION_FAILED) || (tag != null && S3Errors.isCode(cause, "NoSuchKey"))) {
                return Optional.empty();
            }
            throw failed("write", cause);
        }
    }

    /** Writes a small object as a multipart upload of one part. */
    CreateResult putSmallInParts(String key, String contents) throws IOException {
        String uploadId = begin(key, Instant.now());
        CreateResult result = CreateResult.EXISTS;
        try {
            Part part = part(key, uploadId, 1, new BytesBody(contents.getBytes(UTF_8)));
            result = complete(key, uploadId, List.of(part));
            return result;
        } finally {
            if (result != CreateResult.CREATED) {
                abort(key, uploadId);
            }
        }
    }

    private static String withoutQuotes(@Nullable String tag) {
        return tag == null ? "" : tag.replace("\"", "");
    }

    /** What the metadata say; the time of the upload where they say nothing. */
    Instant timestamp(String key) throws IOException {
        HeadObjectResponse head;
        try {
            head = head(key);
        } catch (RuntimeException e) {
            throw goneOr(key, "read", S3Errors.unwrap(e));
        }
        return Timestamps.parse(head.headers().get(TIMESTAMP))
                .orElseGet(() -> head.lastModified().toInstant());
    }

    private HeadObjectResponse head(String key) throws StoreException {
        HeadObjectArgs arguments = HeadObjectArgs.builder()
                .bucket(url.bucket())
                .object(key)
                .extraHeaders(object.access())
                .build();
        return ask(Operation.HEAD, client -> client.headObject(arguments));
    }

    CreateResult put(String key, Instant timestamp, PartBody body) throws IOException {
        Http.Headers headers = contentHeaders(body);
        headers.put(TIMESTAMP, Timestamps.format(timestamp));
        Http.Headers condition = onlyIfAbsent(object.create());
        return conditional(
                key,
                client -> client.putObject(PutObjectAPIArgs.builder()
                        .bucket(url.bucket())
                        .object(key)
                        .buffer(body)
                        .headers(headers)
                        .contentType("application/octet-stream")
                        .extraHeaders(condition)
                        .build()));
    }

    /** Begins a multipart upload and gives its id. */
    String begin(String key, Instant timestamp) throws IOException {
        abandoned.retry();
        Http.Headers kept = object.create();
        return call(
                        Operation.PUT,
                        "write",
                        client -> client.createMultipartUpload(CreateMultipartUploadArgs.builder()
                                .bucket(url.bucket())
                                .object(key)
                                .headers(new Http.Headers(TIMESTAMP, Timestamps.format(timestamp)))
                                .extraHeaders(kept)
                                .build()))
                .result()
                .uploadId();
    }

    Part part(String key, String uploadId, int number, PartBody body) throws IOException {
        Http.Headers headers = contentHeaders(body);
        Http.Headers access = object.access();
        return new Part(
                number,
                call(
                                Operation.PUT,
                                "write",
                                client -> client.uploadPart(UploadPartArgs.builder()
                                        .bucket(url.bucket())
                                        .object(key)
                                        .uploadId(uploadId)
                                        .partNumber(number)
                                        .buffer(body)
                                        .headers(headers)
                                        .extraHeaders(access)
                                        .build()))
                        .part()
                        .etag());
    }

    CreateResult complete(String key, String uploadId, List<Part> parts) throws IOException {
        Http.Headers condition = onlyIfAbsent(object.access());
        return conditional(
                key,
                client -> client.completeMultipartUpload(CompleteMultipartUploadArgs.builder()
                        .bucket(url.bucket())
                        .object(key)
                        .uploadId(uploadId)
                        .parts(parts.toArray(Part[]::new))
                        .maxRetries(0)
                        .extraHeaders(condition)
                        .build()));
    }

    /** Throws away a multipart upload; one that is gone already will do. What fails is tried again by later requests. */
    void abort(String key, String uploadId) throws IOException {
        try {
            tryToAbort(key, uploadId);
        } catch (IOException e) {
            abandoned.add(key, uploadId);
            throw e;
        }
    }

    private void tryToAbort(String key, String uploadId) throws IOException {
        try {
            ask(
                    Operation.DELETE,
                    client -> client.abortMultipartUpload(AbortMultipartUploadArgs.builder()
                            .bucket(url.bucket())
                            .object(key)
                            .uploadId(uploadId)
                            .build()));
        } catch (RuntimeException e) {
            Throwable cause = S3Errors.unwrap(e);
            if (!S3Errors.isCode(cause, "NoSuchUpload")) {
                throw failed("clean up", cause);
            }
        }
    }

    /** Deletes objects; the answer names only those that were not. */
    void delete(List<String> keys) throws IOException {
        List<DeleteRequest.Object> objects =
                keys.stream().map(DeleteRequest.Object::new).toList();
        List<DeleteResult.Error> failures = call(
                        Operation.DELETE,
                        "delete from",
                        client -> client.deleteObjects(DeleteObjectsArgs.builder()
                                .bucket(url.bucket())
                                .objects(objects)
                                .quiet(true)
                                .build()))
                .result()
                .errors();
        List<DeleteResult.Error> left = failures.stream()
                .filter(failure -> !"NoSuchKey".equals(failure.code()))
                .toList();
        if (!left.isEmpty()) {
            counter.count(Operation.FAILURE);
            throw errors.notDeleted(left);
        }
    }

    RequestCounts counts() {
        return counter.counts();
    }

    String location() {
        return url.toString();
    }

    private Http.Headers contentHeaders(PartBody body) throws IOException {
        PartBody.Digests digests = body.digests(!url.endpoint().isHttps());
        Http.Headers headers = new Http.Headers(Http.Headers.CONTENT_MD5, digests.md5Base64());
        if (digests.sha256Hex() != null) {
            headers.put(Http.Headers.X_AMZ_CONTENT_SHA256, digests.sha256Hex());
        }
        return headers;
    }

    private static Http.Headers onlyIfAbsent(Http.Headers others) {
        return with("If-None-Match", "*", others);
    }

    private static Http.Headers with(String name, String value, Http.Headers others) {
        return Http.Headers.merge(others, new Http.Headers(name, value));
    }

    /**
     * A write whose answer was lost is sent once more by the HTTP client if the connection was an old one; its upload id
     * is gone then. Whether the object is there decides.
     */
    private CreateResult conditional(String key, Request<?> request) throws IOException {
        try {
            ask(Operation.PUT, request);
            abandoned.retry();
            return CreateResult.CREATED;
        } catch (RuntimeException e) {
            Throwable cause = S3Errors.unwrap(e);
            if (S3Errors.isCode(cause, CONDITION_FAILED) || (S3Errors.isCode(cause, "NoSuchUpload") && isThere(key))) {
                return CreateResult.EXISTS;
            }
            throw failed("write", cause);
        }
    }

    private boolean isThere(String key) throws IOException {
        try {
            timestamp(key);
            return true;
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    private IOException goneOr(String key, String verb, Throwable cause) {
        if (S3Errors.isCode(cause, "NoSuchKey")) {
            counter.count(Operation.FAILURE);
            return new NoSuchFileException(key, null, "it is no longer in " + url);
        }
        return failed(verb, cause);
    }

    private StoreException failed(String verb, Throwable cause) {
        counter.count(Operation.FAILURE);
        return errors.explain(verb, cause);
    }

    private <T> T call(Operation operation, String verb, Request<T> request) throws IOException {
        try {
            return ask(operation, request);
        } catch (RuntimeException e) {
            throw failed(verb, e);
        }
    }

    /** A call of the client. */
    private interface Request<T> {
        CompletableFuture<? extends T> by(MinioAsyncClient client);
    }

    /** Waits for the answer, also when interrupted: what is being sent must not change before it was sent. */
    private <T> T ask(Operation operation, Request<T> request) {
        counter.count(operation);
        try {
            return request.by(connection.client()).join();
        } catch (StoreException e) {
            throw new UncheckedIOException(e);
        }
    }
}
