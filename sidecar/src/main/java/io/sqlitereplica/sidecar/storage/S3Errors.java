package io.sqlitereplica.sidecar.storage;

import io.minio.errors.ErrorResponseException;
import io.minio.errors.InvalidResponseException;
import io.minio.errors.ServerException;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
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

    StoreException explain(String verb, Throwable failure) {
        Throwable cause = unwrap(failure);
        String what = "Cannot %s %s: ".formatted(verb, url);
        return switch (cause) {
            case StoreException known -> known;
            case ErrorResponseException answer -> answered(what, answer);
            case ServerException answer -> status(what, answer.statusCode(), answer);
            case InvalidResponseException answer -> foreign(what, answer);
            case SSLException broken ->
                unreachable(
                        what,
                        broken,
                        "check that the endpoint speaks https on this port, and that its certificate is signed by an"
                                + " authority that this Java runtime trusts");
            case IOException broken ->
                unreachable(what, broken, "check the endpoint, the server, and NetworkPolicies in between");
            case RejectedExecutionException closed ->
                new StoreException(Kind.OTHER, what + "the destination was closed", closed);
            default -> new StoreException(Kind.OTHER, what + cause, cause);
        };
    }

    /** An answer that is not XML: of a proxy in between, or of something else at that address. */
    private StoreException foreign(String what, InvalidResponseException answer) {
        Matcher status = STATUS.matcher(String.valueOf(answer.getMessage()));
        return status.find() && Integer.parseInt(status.group(1)) >= 500
                ? status(what, Integer.parseInt(status.group(1)), answer)
                : new StoreException(
                        Kind.OTHER,
                        what + url.endpoint() + " did not answer like an S3 server (" + firstLine(answer)
                                + "); check the endpoint",
                        answer);
    }

    private StoreException unreachable(String what, IOException cause, String wayOut) {
        return new StoreException(
                Kind.UNREACHABLE,
                "%sno answer from %s (%s); %s".formatted(what, url.endpoint(), firstLine(cause), wayOut),
                cause);
    }

    private StoreException answered(String what, ErrorResponseException answer) {
        String code = code(answer).orElse("");
        String said = "%s answered %s (%s)".formatted(url.endpoint(), code, firstLine(answer));
        return switch (code) {
            case "NoSuchBucket" ->
                new StoreException(
                        Kind.NOT_FOUND,
                        "%sthere is no bucket '%s' at %s; create it, or correct its name"
                                .formatted(what, url.bucket(), url.endpoint()),
                        answer);
            case "InvalidAccessKeyId",
                    "SignatureDoesNotMatch",
                    "ExpiredToken",
                    "InvalidToken",
                    "InvalidSecurity",
                    "TokenRefreshRequired",
                    "XAdminUserNotFound" -> // Versity
                new StoreException(Kind.CREDENTIALS, what + said + "; correct the keys", answer);
            case "RequestTimeTooSkewed" ->
                new StoreException(Kind.CREDENTIALS, what + said + "; correct the clock of this machine", answer);
            case "AuthorizationHeaderMalformed", "PermanentRedirect", "Redirect", "TemporaryRedirect" ->
                new StoreException(
                        Kind.OTHER, what + said + "; is '" + url.region() + "' the bucket's region?", answer);
            case "NotImplemented" ->
                new StoreException(
                        Kind.OTHER,
                        what + said + "; the server must support conditional writes (If-None-Match)",
                        answer);
            case "SlowDown", "SlowDownRead", "SlowDownWrite", "ServiceUnavailable", "InternalError", "RequestTimeout" ->
                new StoreException(Kind.UNREACHABLE, what + said + "; try again later", answer);
            default -> status(what + said + "; ", answer.response().code(), answer);
        };
    }

    private StoreException status(String what, int status, Exception answer) {
        return switch (status) {
            case 401, 403 ->
                new StoreException(
                        Kind.FORBIDDEN,
                        what + "the keys are not allowed to do this; they need s3:GetObject, s3:PutObject,"
                                + " s3:ListBucket and s3:AbortMultipartUpload on bucket '" + url.bucket() + "'",
                        answer);
            case 409 -> new StoreException(Kind.OTHER, what + "another writer was at it; try again", answer);
            case 408, 429, 500, 502, 503, 504 ->
                new StoreException(Kind.UNREACHABLE, what + "HTTP status " + status + "; try again later", answer);
            default -> new StoreException(Kind.OTHER, what + "HTTP status " + status, answer);
        };
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
