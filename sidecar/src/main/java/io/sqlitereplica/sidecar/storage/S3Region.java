package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** Asks Amazon in which region a bucket is: it says so to everyone, whether or not they may use the bucket. */
final class S3Region {
    private S3Region() {}

    /**
     * Asks with one request, which is not signed.
     *
     * @param bucket the URL of the bucket
     */
    static String of(OkHttpClient http, HttpUrl bucket) throws StoreException {
        Request request = new Request.Builder().url(bucket).head().build();
        String region;
        int status;
        try (Response response = http.newCall(request).execute()) {
            region = response.header("x-amz-bucket-region", "");
            status = response.code();
        } catch (IOException e) {
            throw new StoreException(
                    Kind.UNREACHABLE,
                    "Cannot find the region of %s: no answer (%s); check the network, or give the region"
                            .formatted(bucket, S3Errors.rootMessage(e)),
                    e);
        }
        if (region == null || region.isEmpty()) {
            throw new StoreException(
                    status == 404 ? Kind.NOT_FOUND : Kind.OTHER,
                    "Cannot find the region of %s: HTTP status %d; check the bucket's name, or give the region"
                            .formatted(bucket, status));
        }
        return UrlText.checkRegion(region);
    }
}
