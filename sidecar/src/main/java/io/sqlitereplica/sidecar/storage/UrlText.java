package io.sqlitereplica.sidecar.storage;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.regex.Pattern;

/** The characters and parts of destination URLs. */
final class UrlText {
    private static final String UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    private static final String IN_PATHS = UNRESERVED + "/!$'()*+,;=:@";
    private static final Pattern BUCKET = Pattern.compile("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
    private static final Pattern REGION = Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?");

    private UrlText() {}

    static String encodePath(String path) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            if (IN_PATHS.indexOf((char) b) >= 0) {
                encoded.append((char) b);
            } else {
                encoded.append('%').append(HexFormat.of().withUpperCase().toHexDigits(b));
            }
        }
        return encoded.toString();
    }

    /**
     * Replaces {@code %} and two hex digits by what they stand for; everything else stands for itself.
     *
     * @throws IllegalArgumentException if a percent sign is not followed by two hex digits, or the bytes are not UTF-8
     */
    static String decode(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(bytes.length);
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] != '%') {
                decoded.write(bytes[i]);
                continue;
            }
            if (i + 2 >= bytes.length || !HexFormat.isHexDigit(bytes[i + 1]) || !HexFormat.isHexDigit(bytes[i + 2])) {
                throw new IllegalArgumentException("a percent sign is written as %25");
            }
            decoded.write(HexFormat.fromHexDigit(bytes[i + 1]) << 4 | HexFormat.fromHexDigit(bytes[i + 2]));
            i += 2;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(decoded.toByteArray()))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("what the percent signs stand for is not UTF-8", e);
        }
    }

    static String checkBucket(String bucket) {
        if (!BUCKET.matcher(bucket).matches() || bucket.contains("..")) {
            throw new IllegalArgumentException("'" + bucket + "' cannot be the name of a bucket: 3 to 63 lower-case"
                    + " letters, digits, dots and hyphens, with a letter or digit at each end");
        }
        return bucket;
    }

    static String checkRegion(String region) {
        if (!REGION.matcher(region).matches()) {
            throw new IllegalArgumentException("'" + region + "' is no region, such as us-east-1");
        }
        return region;
    }

    /** One name of a path. Names that mean another place, or nothing, are refused, as are control characters. */
    static String checkSegment(String segment) {
        if (segment.isEmpty()) {
            throw new IllegalArgumentException("a name in the path is empty");
        }
        if (segment.equals(".") || segment.equals("..")) {
            throw new IllegalArgumentException("'" + segment + "' cannot be a name in the path");
        }
        if (segment.indexOf('/') >= 0 || segment.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "a name in the path contains a slash or a control character: '" + segment + "'");
        }
        return segment;
    }
}
