package io.sqlitereplica.api.v1alpha1;

/** How an S3 bucket is named in requests. */
public enum PathStyle {
    /** The path for an endpoint of the user's, the host name for Amazon S3. */
    Auto,
    /** {@code http://host/bucket/key}. */
    Always,
    /** {@code http://bucket.host/key}. */
    Never
}
