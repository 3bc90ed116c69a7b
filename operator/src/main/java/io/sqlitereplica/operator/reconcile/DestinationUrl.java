package io.sqlitereplica.operator.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.sqlitereplica.api.v1alpha1.Destination;
import io.sqlitereplica.api.v1alpha1.FileDestination;
import io.sqlitereplica.api.v1alpha1.S3Destination;
import io.sqlitereplica.operator.inject.Names;
import java.util.HexFormat;

/** A destination as the sidecar's URL, and as text for a person. */
final class DestinationUrl {
    private static final String DATABASE = "{database}";
    /** What a path of a URL may hold as it is; the braces of {@code {pod}} are replaced by the sidecar. */
    private static final String PLAIN = "-._~/{}";

    private DestinationUrl() {}

    /** The URL for one database; {@code {pod}} is left to the sidecar. */
    static String of(Destination destination, String database) {
        S3Destination s3 = destination.s3();
        if (s3 == null) {
            FileDestination file = requireNonNull(destination.file());
            return "file:" + Names.DESTINATION_PATH + "/" + encode(file.path().replace(DATABASE, database));
        }
        StringBuilder url = new StringBuilder("s3://")
                .append(s3.bucket())
                .append('/')
                .append(encode(s3.prefix().replace(DATABASE, database)))
                .append("?region=")
                .append(s3.region());
        if (s3.endpoint() != null) {
            url.append("&endpoint=").append(s3.endpoint().replaceFirst("/$", ""));
        }
        return switch (s3.pathStyle()) {
            case Auto -> url.toString();
            case Always -> url.append("&pathStyle=true").toString();
            case Never -> url.append("&pathStyle=false").toString();
        };
    }

    /** The destination in a column. */
    static String text(Destination destination) {
        S3Destination s3 = destination.s3();
        if (s3 != null) {
            return "s3://%s/%s".formatted(s3.bucket(), s3.prefix());
        }
        FileDestination file = requireNonNull(destination.file());
        return "volume:%s/%s".formatted(file.volume(), file.path());
    }

    private static String encode(String path) {
        StringBuilder encoded = new StringBuilder();
        for (byte each : path.getBytes(UTF_8)) {
            char character = (char) (each & 0xff);
            boolean plain = PLAIN.indexOf(character) >= 0
                    || (character >= '0' && character <= '9')
                    || (character >= 'A' && character <= 'Z')
                    || (character >= 'a' && character <= 'z');
            if (plain) {
                encoded.append(character);
            } else {
                encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(each));
            }
        }
        return encoded.toString();
    }
}
