package io.sqlitereplica.sidecar.storage;

import io.minio.errors.ErrorResponseException;
import io.minio.errors.InvalidResponseException;
import io.minio.errors.ServerException;
import io.minio.messages.DeleteResult;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says what the answers and failures of one S3 destination mean. */
final class S3Errors {
    /** The client keeps the status of such an answer only in its message. */
    private static final Pattern STATUS = Pattern.compile("Response code: (\\d{3})");

    private final ReplicaUrl.Bucket url;

    S3Errors(ReplicaUrl.Bucket url) {
        this.url = url;
    }

    /** The error code of S3, where the server answered with one. */
    static Optional<String> code(Throwable failure) {
        return failure instanceof ErrorResponseException response
                ? Optional.ofNullable(response.errorResponse().code())
                : Optional.empty();
    }

    static boolean isCode(Throwable failure, String code) {
        return isCode(failure, Set.of(code));
    }

    static boolean isCode(Throwable failure, Set<String> codes) {
        return code(failure).filter(codes::contains).isPresent();
    }

    static int status(Throwable failure) {
        return failure instanceof ErrorResponseException response
                ? response.response().code()
                : 0;
    }

    /** What was thrown, without what futures wrap around it. */
    static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof UncheckedIOException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /**
     * Says it in words. An answer of the server is not attached as the cause: its text contains the headers of the
     * request, and with them a session token.
     */
    StoreException explain(String verb, Throwable failure) {
        Throwable cause = unwrap(failure);
        String what = "Cannot %s %s: ".formatted(verb, url);
        return switch (cause) {
            case StoreException known -> known;
            case ErrorResponseException answer -> answered(what, answer);
            case ServerException answer -> status(what, answer.statusCode());
            case InvalidResponseException answer -> foreign(what, answer);
            case SSLException broken ->
                unreachable(
                        what,
                        broken,
                        "check that the endpoint speaks https on this port, and that its certificate is signed by an"
                                + " authority that this Java runtime trusts");
            case IOException broken ->
                unreachable(what, broken, "check the endpoint, the server, and NetworkPolicies in between");
            default -> new StoreException(Kind.OTHER, what + cause, cause);
        };
    }

    /** Objects that the server did not delete. */
    StoreException notDeleted(List<DeleteResult.Error> objects) {
        DeleteResult.Error first = objects.getFirst();
        return new StoreException(
                Kind.FORBIDDEN,
                ("Cannot delete %d objects from %s: %s answered %s (%s) for %s; allow s3:DeleteObject on bucket '%s',"
                                + " or keep everything: snapshot.retention Never")
                        .formatted(
                                objects.size(),
                                url,
                                url.endpoint(),
                                first.code(),
                                first.message(),
                                first.objectName(),
                                url.bucket()));
    }

    private StoreException unreachable(String what, IOException cause, String wayOut) {
        return new StoreException(
                Kind.UNREACHABLE,
                "%sno answer from %s (%s); %s".formatted(what, url.endpoint(), firstLine(cause), wayOut),
                cause);
    }

    /** An answer that is not XML: of a proxy in between, or of something else at that address. */
    private StoreException foreign(String what, InvalidResponseException answer) {
        Matcher status = STATUS.matcher(String.valueOf(answer.getMessage()));
        return status.find() && Integer.parseInt(status.group(1)) >= 500
                ? status(what, Integer.parseInt(status.group(1)))
                : new StoreException(
                        Kind.OTHER,
                        what + url.endpoint() + " did not answer like an S3 server (" + firstLine(answer)
                                + "); check the endpoint");
    }

    private StoreException answered(String what, ErrorResponseException answer) {
        String code = code(answer).orElse("");
        String said = "%s%s answered %s (%s)".formatted(what, url.endpoint(), code, firstLine(answer));
        return switch (code) {
            case "NoSuchBucket" ->
                new StoreException(
                        Kind.NOT_FOUND,
                        "%sthere is no bucket '%s' at %s; create it, or correct its name"
                                .formatted(what, url.bucket(), url.endpoint()));
            case "InvalidAccessKeyId",
                    "SignatureDoesNotMatch",
                    "ExpiredToken",
                    "InvalidToken",
                    "InvalidSecurity",
                    "TokenRefreshRequired",
                    "XAdminUserNotFound" -> // Versity
                new StoreException(Kind.CREDENTIALS, said + "; correct the keys");
            case "RequestTimeTooSkewed" ->
                new StoreException(Kind.CREDENTIALS, said + "; correct the clock of this machine");
            case "AuthorizationHeaderMalformed", "PermanentRedirect", "Redirect", "TemporaryRedirect" ->
                new StoreException(
                        Kind.OTHER,
                        said
                                + url.region()
                                        .map(region -> "; is '" + region + "' the bucket's region?")
                                        .orElse("; give the bucket's region"));
            case "NotImplemented" ->
                new StoreException(Kind.OTHER, said + "; the server must support conditional writes (If-None-Match)");
            case "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "InternalError", "RequestTimeout" ->
                new StoreException(Kind.UNREACHABLE, said + "; try again later");
            default -> status(said + "; ", answer.response().code());
        };
    }

    private StoreException status(String what, int status) {
        return switch (status) {
            case 401, 403 ->
                new StoreException(
                        Kind.FORBIDDEN,
                        what + "the keys are not allowed to do this; they need s3:GetObject, s3:PutObject,"
                                + " s3:DeleteObject, s3:ListBucket and s3:AbortMultipartUpload on bucket '"
                                + url.bucket() + "'");
            case 409 -> new StoreException(Kind.OTHER, what + "another writer was at it; try again");
            case 408, 429, 500, 502, 503, 504 ->
                new StoreException(Kind.UNREACHABLE, what + "HTTP status " + status + "; try again later");
            default -> new StoreException(Kind.OTHER, what + "HTTP status " + status);
        };
    }

    /** What the first of a chain of failures said. */
    static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return firstLine(root);
    }

    private static String firstLine(Throwable failure) {
        @Nullable String message = failure.getMessage();
        if (message == null || message.isBlank()) {
            return failure.getClass().getSimpleName();
        }
        String line = message.lines().findFirst().orElse(message);
        return failure instanceof IOException ? failure.getClass().getSimpleName() + ": " + line : line;
    }
}
