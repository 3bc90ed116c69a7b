package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.storage.ReplicaUrl.Addressing;
import io.sqlitereplica.sidecar.storage.ReplicaUrl.Bucket;
import io.sqlitereplica.sidecar.storage.ReplicaUrl.Endpoint;
import io.sqlitereplica.sidecar.storage.ReplicaUrl.Folder;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Understands one destination URL. */
final class ReplicaUrlParser {
    private static final String FILE_EXAMPLE = "file:/backups/orders";
    private static final String S3_EXAMPLE = "s3://backups/orders?endpoint=http://s3.storage:9000&region=us-east-1";
    private static final List<String> PARAMETERS = List.of(
            "endpoint", "region", "pathStyle", "caBundle", "encryption", "kmsKeyId", "customerKeyFile", "storageClass");
    private static final Pattern STORAGE_CLASS = Pattern.compile("[A-Z][A-Z0-9_-]{0,63}");
    private static final Set<String> ARCHIVES = Set.of("GLACIER", "DEEP_ARCHIVE");
    private static final String DEFAULT_REGION = "us-east-1";
    private static final Pattern AWS_REGIONAL =
            Pattern.compile("s3[.-](?:dualstack\\.)?([a-z]+(?:-[a-z]+)+-[0-9]+)\\.amazonaws\\.com(?:\\.cn)?");

    private final String url;

    ReplicaUrlParser(String url) {
        this.url = url;
    }

    ReplicaUrl parse() {
        if (url.startsWith("file:")) {
            return folder(url.substring("file:".length()));
        }
        if (url.startsWith("s3://")) {
            return bucket(url.substring("s3://".length()));
        }
        throw new IllegalArgumentException("The destination '%s' is neither a folder (%s) nor a bucket (%s)"
                .formatted(withoutSecrets(url), FILE_EXAMPLE, S3_EXAMPLE));
    }

    private Folder folder(String rest) {
        String path = rest.startsWith("///") ? rest.substring(2) : rest;
        if (!path.startsWith("/") || path.startsWith("//")) {
            throw wrong("the folder is not absolute", FILE_EXAMPLE);
        }
        if (path.indexOf('?') >= 0 || path.indexOf('#') >= 0) {
            throw wrong("a folder has no parameters; in a name, ? is written as %3F and # as %23", FILE_EXAMPLE);
        }
        try {
            return new Folder(Path.of(UrlText.decode(path)));
        } catch (InvalidPathException e) {
            throw wrong("the folder's name is not possible here: " + e.getReason(), FILE_EXAMPLE);
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage(), FILE_EXAMPLE);
        }
    }

    private Bucket bucket(String rest) {
        int question = rest.indexOf('?');
        String place = question < 0 ? rest : rest.substring(0, question);
        int slash = place.indexOf('/');
        String bucket = slash < 0 ? place : place.substring(0, slash);
        if (bucket.indexOf('@') >= 0) {
            throw wrong(
                    "keys do not belong into it; give them as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", S3_EXAMPLE);
        }
        if (place.indexOf('#') >= 0) {
            throw wrong("in a prefix, # is written as %23", S3_EXAMPLE);
        }
        Map<String, String> parameters = parameters(question < 0 ? "" : rest.substring(question + 1));
        try {
            Endpoint endpoint = endpoint(parameters.get("endpoint"));
            return new Bucket(
                    bucket,
                    UrlText.decode(slash < 0 ? "" : stripSlashes(place.substring(slash + 1))),
                    endpoint,
                    region(parameters.get("region"), endpoint),
                    addressing(parameters.get("pathStyle")),
                    options(parameters));
        } catch (IllegalArgumentException e) {
            throw wrong(e.getMessage(), S3_EXAMPLE);
        }
    }

    private Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String parameter : query.isEmpty() ? new String[0] : query.split("&", -1)) {
            int equals = parameter.indexOf('=');
            String name = equals < 0 ? parameter : parameter.substring(0, equals);
            if (!PARAMETERS.contains(name)) {
                throw wrong(
                        "there is no parameter '" + name + "'; there are " + String.join(", ", PARAMETERS), S3_EXAMPLE);
            }
            if (equals < 0 || equals == parameter.length() - 1) {
                throw wrong("the parameter " + name + " has no value", S3_EXAMPLE);
            }
            if (parameters.put(name, parameter.substring(equals + 1)) != null) {
                throw wrong("the parameter " + name + " is given twice", S3_EXAMPLE);
            }
        }
        return parameters;
    }

    private static Endpoint endpoint(@Nullable String text) {
        if (text == null) {
            return Endpoint.AWS;
        }
        URI uri;
        try {
            uri = new URI(UrlText.decode(text));
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("the endpoint is no URL: " + e.getReason(), e);
        }
        String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
        if (!scheme.equals("http") && !scheme.equals("https")) {
            throw new IllegalArgumentException("the endpoint must begin with http:// or https://");
        }
        if (uri.getUserInfo() != null) {
            throw new IllegalArgumentException("the endpoint must not contain keys");
        }
        if (uri.getHost() == null || uri.getPort() == 0 || uri.getPort() > 65535) {
            throw new IllegalArgumentException("the endpoint has no good host and port");
        }
        if (!(uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"))
                || uri.getRawQuery() != null
                || uri.getRawFragment() != null) {
            throw new IllegalArgumentException("the endpoint has more than a scheme, a host and a port");
        }
        return new Endpoint(scheme, uri.getHost(), uri.getPort());
    }

    /** That of Amazon's buckets can be found out; other servers mostly have but this one. */
    private static Optional<String> region(@Nullable String given, Endpoint endpoint) {
        if (given != null) {
            return Optional.of(given);
        }
        Matcher regional = AWS_REGIONAL.matcher(endpoint.host());
        if (regional.matches()) {
            return Optional.of(regional.group(1));
        }
        return endpoint.isAws() ? Optional.empty() : Optional.of(DEFAULT_REGION);
    }

    private static BucketOptions options(Map<String, String> parameters) {
        return new BucketOptions(
                Optional.ofNullable(parameters.get("caBundle")).map(ReplicaUrlParser::file),
                encryption(parameters),
                Optional.ofNullable(parameters.get("storageClass")).map(ReplicaUrlParser::storageClass));
    }

    private static Encryption encryption(Map<String, String> parameters) {
        String kind = parameters.getOrDefault("encryption", "");
        if (!kind.equals("KMS") && parameters.containsKey("kmsKeyId")) {
            throw new IllegalArgumentException("kmsKeyId goes with encryption=KMS");
        }
        String keyFile = parameters.get("customerKeyFile");
        if (kind.equals("CustomerKey") != (keyFile != null)) {
            throw new IllegalArgumentException("encryption=CustomerKey and customerKeyFile go together");
        }
        return switch (kind) {
            case "" -> new Encryption.OfBucket();
            case "AES256" -> new Encryption.Aes256();
            case "KMS" ->
                new Encryption.Kms(
                        Optional.ofNullable(parameters.get("kmsKeyId")).map(UrlText::decode));
            case "CustomerKey" -> new Encryption.CustomerKey(file(Objects.requireNonNull(keyFile)));
            default -> throw new IllegalArgumentException("encryption is AES256, KMS or CustomerKey");
        };
    }

    private static Path file(String text) {
        Path file = Path.of(UrlText.decode(text));
        if (!file.isAbsolute()) {
            throw new IllegalArgumentException("the file '%s' must be absolute, like /etc/ssl/ca.crt".formatted(file));
        }
        return file;
    }

    private static String storageClass(String name) {
        if (!STORAGE_CLASS.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is no storage class, such as STANDARD_IA");
        }
        if (ARCHIVES.contains(name)) {
            throw new IllegalArgumentException(
                    "objects of the storage class " + name + " cannot be read at once, as a restore must;"
                            + " take GLACIER_IR, or move old snapshots by a lifecycle rule");
        }
        return name;
    }

    private static Addressing addressing(@Nullable String pathStyle) {
        return switch (pathStyle) {
            case null -> Addressing.AUTO;
            case "true" -> Addressing.PATH_STYLE;
            case "false" -> Addressing.VIRTUAL_HOST;
            default -> throw new IllegalArgumentException("pathStyle is true or false");
        };
    }

    private static String stripSlashes(String prefix) {
        int start = 0;
        int end = prefix.length();
        while (start < end && prefix.charAt(start) == '/') {
            start++;
        }
        while (end > start && prefix.charAt(end - 1) == '/') {
            end--;
        }
        return prefix.substring(start, end);
    }

    private IllegalArgumentException wrong(@Nullable String what, String example) {
        return new IllegalArgumentException("The destination '%s' cannot be used: %s. An example: %s"
                .formatted(withoutSecrets(url), what, example));
    }

    /** What stands before an @ may be a key. */
    private static String withoutSecrets(String url) {
        return url.replaceAll("//[^/@?]*@", "//…@");
    }
}
