package io.sqlitereplica.operator.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.sqlitereplica.api.v1alpha1.Destination;
import io.sqlitereplica.api.v1alpha1.FileDestination;
import io.sqlitereplica.api.v1alpha1.S3Destination;
import io.sqlitereplica.api.v1alpha1.ServerSideEncryption;
import io.sqlitereplica.operator.inject.Names;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

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
                .append(encode(s3.prefix().replace(DATABASE, database)));
        String separator = "?";
        for (Map.Entry<String, String> parameter : parameters(s3).entrySet()) {
            url.append(separator).append(parameter.getKey()).append('=').append(parameter.getValue());
            separator = "&";
        }
        return url.toString();
    }

    private static Map<String, String> parameters(S3Destination s3) {
        Map<String, String> parameters = new LinkedHashMap<>();
        if (s3.region() != null) {
            parameters.put("region", s3.region());
        }
        if (s3.endpoint() != null) {
            parameters.put("endpoint", s3.endpoint().replaceFirst("/$", ""));
        }
        switch (s3.pathStyle()) {
            case Auto -> {}
            case Always -> parameters.put("pathStyle", "true");
            case Never -> parameters.put("pathStyle", "false");
        }
        if (s3.caBundleRef() != null) {
            parameters.put(
                    "caBundle", Names.CA_BUNDLE_PATH + "/" + s3.caBundleRef().key());
        }
        ServerSideEncryption encryption = s3.serverSideEncryption();
        if (encryption != null) {
            parameters.put("encryption", encryption.algorithm().name());
            if (encryption.kmsKeyId() != null) {
                parameters.put("kmsKeyId", encode(encryption.kmsKeyId()));
            }
            if (encryption.customerKeySecretRef() != null) {
                parameters.put(
                        "customerKeyFile",
                        Names.CUSTOMER_KEY_PATH + "/"
                                + encryption.customerKeySecretRef().key());
            }
        }
        if (s3.storageClass() != null) {
            parameters.put("storageClass", s3.storageClass());
        }
        return parameters;
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
