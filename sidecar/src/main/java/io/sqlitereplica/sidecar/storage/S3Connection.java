package io.sqlitereplica.sidecar.storage;

import io.minio.MinioAsyncClient;
import io.minio.credentials.Credentials;
import io.minio.credentials.Provider;
import java.io.UncheckedIOException;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** The client for one bucket. It is made when it is first needed, and finds out the bucket's region where nobody said it. */
final class S3Connection {
    private final ReplicaUrl.Bucket url;
    private final CredentialsSource credentials;
    private final OkHttpClient http;
    private @Nullable MinioAsyncClient client;

    S3Connection(ReplicaUrl.Bucket url, CredentialsSource credentials, S3Http http) {
        this.url = url;
        this.credentials = credentials;
        this.http = http.client(url.endpoint().isHttps(), url.options().caBundle());
    }

    /** Asks the server only for the region, and only until it was told. */
    synchronized MinioAsyncClient client() throws StoreException {
        if (client == null) {
            client = newClient(url.region().isPresent() ? url.region().get() : S3Region.of(http, bucketUrl()));
        }
        return client;
    }

    private HttpUrl bucketUrl() {
        return HttpUrl.get(url.endpoint() + "/" + url.bucket());
    }

    private MinioAsyncClient newClient(String region) {
        MinioAsyncClient made = MinioAsyncClient.builder()
                .endpoint(url.endpoint().toString())
                .region(region)
                .credentialsProvider(provider(credentials))
                .httpClient(http, false)
                .build();
        switch (url.addressing()) {
            case AUTO -> {}
            case PATH_STYLE -> made.disableVirtualStyleEndpoint();
            case VIRTUAL_HOST -> made.enableVirtualStyleEndpoint();
        }
        return made;
    }

    private static Provider provider(CredentialsSource source) {
        return () -> {
            try {
                S3Credentials keys = source.current();
                return new Credentials(keys.accessKeyId(), keys.secretAccessKey(), keys.sessionToken(), null);
            } catch (StoreException e) {
                throw new UncheckedIOException(e);
            }
        };
    }
}
