package io.sqlitereplica.sidecar.storage;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a replica is: {@code file:/folder}, or {@code
 * s3://bucket/prefix?endpoint=http://s3.storage:9000&region=us-east-1&pathStyle=true}, with those of {@link
 * BucketOptions} as further parameters. All parameters may be left out. Characters that mean something in a URL are written as {@code %} and two hex digits. {@code toString} gives a URL
 * that {@link #parse} understands.
 */
public sealed interface ReplicaUrl {
    /**
     * Understands a URL.
     *
     * @throws IllegalArgumentException that says what is wrong, and shows what would be right
     */
    static ReplicaUrl parse(String url) {
        return new ReplicaUrlParser(url).parse();
    }

    /** The destination of this name below this one: a folder, or a longer prefix. */
    ReplicaUrl child(String name);

    /** A folder, absolute. */
    record Folder(Path path) implements ReplicaUrl {
        public Folder {
            if (!path.isAbsolute()) {
                throw new IllegalArgumentException("not an absolute folder: " + path);
            }
            path = path.normalize();
        }

        @Override
        public Folder child(String name) {
            return new Folder(path.resolve(UrlText.checkSegment(name)));
        }

        @Override
        public String toString() {
            return "file:" + UrlText.encodePath(path.toString());
        }
    }

    /**
     * A prefix of a bucket.
     *
     * @param bucket its name
     * @param prefix without slashes at its ends; empty for the whole bucket
     * @param endpoint scheme, host and port of the server
     * @param region as the server calls it; empty: it is asked for it
     * @param addressing how the bucket is named in requests
     * @param options how its objects are kept
     */
    record Bucket(
            String bucket,
            String prefix,
            Endpoint endpoint,
            Optional<String> region,
            Addressing addressing,
            BucketOptions options)
            implements ReplicaUrl {
        public Bucket {
            UrlText.checkBucket(bucket);
            if (!prefix.isEmpty()) {
                for (String segment : prefix.split("/", -1)) {
                    UrlText.checkSegment(segment);
                }
            }
            region.ifPresent(UrlText::checkRegion);
            if (options.encryption() instanceof Encryption.CustomerKey && !endpoint.isHttps()) {
                throw new IllegalArgumentException("a customer's key must not travel over http: use an https endpoint");
            }
        }

        @Override
        public Bucket child(String name) {
            String segment = UrlText.checkSegment(name);
            String longer = prefix.isEmpty() ? segment : prefix + "/" + segment;
            return new Bucket(bucket, longer, endpoint, region, addressing, options);
        }

        @Override
        public String toString() {
            StringBuilder url = new StringBuilder("s3://").append(bucket);
            if (!prefix.isEmpty()) {
                url.append('/').append(UrlText.encodePath(prefix));
            }
            StringBuilder parameters = new StringBuilder();
            if (!endpoint.isAws()) {
                parameters.append("&endpoint=").append(endpoint);
            }
            region.ifPresent(name -> parameters.append("&region=").append(name));
            switch (addressing) {
                case AUTO -> {}
                case PATH_STYLE -> parameters.append("&pathStyle=true");
                case VIRTUAL_HOST -> parameters.append("&pathStyle=false");
            }
            parameters.append(options.toParameters());
            return parameters.isEmpty() ? url.toString() : url + "?" + parameters.substring(1);
        }
    }

    /** How a bucket is named in requests. */
    enum Addressing {
        /** In the host name at Amazon, in the path everywhere else. */
        AUTO,
        /** {@code https://host/bucket/key}. */
        PATH_STYLE,
        /** {@code https://bucket.host/key}. */
        VIRTUAL_HOST
    }

    /**
     * Scheme, host and port of an S3 server.
     *
     * @param scheme http or https
     * @param host a name or an address, IPv6 addresses in brackets
     * @param port -1 for that of the scheme
     */
    record Endpoint(String scheme, String host, int port) {
        /** Amazon's own, for all regions. */
        public static final Endpoint AWS = new Endpoint("https", "s3.amazonaws.com", -1);

        boolean isAws() {
            return equals(AWS);
        }

        boolean isHttps() {
            return scheme.equals("https");
        }

        @Override
        public String toString() {
            return scheme + "://" + host + (port < 0 ? "" : ":" + port);
        }
    }
}
