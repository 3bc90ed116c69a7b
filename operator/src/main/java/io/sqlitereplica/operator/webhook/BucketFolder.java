package io.sqlitereplica.operator.webhook;

import static java.util.stream.Collectors.toSet;

import io.sqlitereplica.api.v1alpha1.S3Destination;
import io.sqlitereplica.api.v1alpha1.SqliteReplica;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where in which bucket a SqliteReplica writes. Two with an equal one may write to one folder. */
record BucketFolder(String endpoint, String bucket, String folder) {
    /** One for each database; none when the destination is no bucket. */
    static Set<BucketFolder> of(SqliteReplica replica) {
        S3Destination s3 = replica.getSpec() == null || replica.getSpec().destination() == null
                ? null
                : replica.getSpec().destination().s3();
        if (s3 == null) {
            return Set.of();
        }
        return replica.getSpec().databases().stream()
                .map(database -> new BucketFolder(
                        normalized(s3.endpoint()), s3.bucket(), s3.prefix().replace("{database}", database.name())))
                .collect(toSet());
    }

    /** Whether each pod has a folder of its own, named after it. */
    boolean isNamedAfterPods() {
        return folder.contains("{pod}");
    }

    /** At Amazon the name of a bucket alone says which it is. */
    private static String normalized(@Nullable String endpoint) {
        return endpoint == null ? "" : endpoint.toLowerCase(Locale.ROOT).replaceFirst("/$", "");
    }
}
