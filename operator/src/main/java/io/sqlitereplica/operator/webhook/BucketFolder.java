package io.sqlitereplica.operator.webhook;

import io.sqlitereplica.api.v1alpha1.S3Destination;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Where in which bucket a SqliteReplica writes. Two with an equal one may write to one folder. */
record BucketFolder(String endpoint, String bucket, String folder) {
    /** Empty when the destination is no bucket. */
    static Optional<BucketFolder> of(SqliteReplica replica) {
        S3Destination s3 = replica.getSpec() == null || replica.getSpec().destination() == null
                ? null
                : replica.getSpec().destination().s3();
        if (s3 == null || replica.getSpec().databases().isEmpty()) {
            return Optional.empty();
        }
        String database = replica.getSpec().databases().getFirst().name();
        return Optional.of(new BucketFolder(
                normalized(s3.endpoint(), s3.region()), s3.bucket(), s3.prefix().replace("{database}", database)));
    }

    /** Whether each pod has a folder of its own, named after it. */
    boolean isNamedAfterPods() {
        return folder.contains("{pod}");
    }

    private static String normalized(@Nullable String endpoint, String region) {
        return endpoint == null ? region : endpoint.toLowerCase(Locale.ROOT).replaceFirst("/$", "");
    }
}
