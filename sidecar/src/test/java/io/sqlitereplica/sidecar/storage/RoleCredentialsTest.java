package io.sqlitereplica.sidecar.storage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys of a role, from servers on the loopback address that answer as Amazon's do. */
class RoleCredentialsTest {
    private static final Duration LONG = Duration.ofHours(1);

    @TempDir
    private Path folder;

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private HttpServer server;

    @BeforeEach
    void makeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(String path, Function<HttpExchange, String> answer) {
        server.createContext(path, exchange -> {
            requests.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
            byte[] body = answer.apply(exchange).getBytes(UTF_8);
            exchange.sendResponseHeaders(body.length == 0 ? 403 : 200, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
    }

    private static String keys(String id, Duration validFor) {
        return """
            {"Code": "Success", "AccessKeyId": "%s", "SecretAccessKey": "secret", "Token": "token",
             "Expiration": "%s"}\
            """.formatted(id, Instant.now().plus(validFor));
    }

    private static String assumed(HttpExchange exchange) {
        return exchange.getRequestURI().getQuery().contains("WebIdentityToken=the token")
                ? """
                <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
                  <AssumeRoleWithWebIdentityResult><Credentials>
                    <AccessKeyId>web</AccessKeyId><SecretAccessKey>secret</SecretAccessKey>
                    <SessionToken>token</SessionToken><Expiration>%s</Expiration>
                  </Credentials></AssumeRoleWithWebIdentityResult>
                </AssumeRoleWithWebIdentityResponse>\
                """.formatted(Instant.now().plus(LONG))
                : "";
    }

    @Test
    void exchangesTheWebIdentityOfAPod() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "the token");
        answer("/", RoleCredentialsTest::assumed);
        CredentialsSource source = CredentialsSource.from(Map.of(
                "AWS_WEB_IDENTITY_TOKEN_FILE", token.toString(),
                "AWS_ROLE_ARN", "arn:aws:iam::1:role/backups",
                "AWS_ENDPOINT_URL_STS", address()));

        assertThat(source.current()).isEqualTo(new S3Credentials("web", "secret", "token"));
        assertThat(source.current()).isEqualTo(new S3Credentials("web", "secret", "token"));
        assertThat(requests).as("asked once for as long as they are valid").hasSize(1);
        assertThat(requests.getFirst()).contains("RoleArn=arn").contains("Action=AssumeRoleWithWebIdentity");
    }

    @Test
    void asksTheCredentialsServiceOfAContainer() throws IOException {
        Path token = Files.writeString(folder.resolve("token"), "the token\n");
        answer(
                "/keys",
                exchange -> "the token".equals(exchange.getRequestHeaders().getFirst("Authorization"))
                        ? keys("container", LONG)
                        : "");
        CredentialsSource source = CredentialsSource.from(Map.of(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                address() + "/keys",
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                token.toString()));

        assertThat(source.current()).isEqualTo(new S3Credentials("container", "secret", "token"));
    }

    @Test
    void asksTheMetadataServiceOfTheMachineAgainWhenKeysExpire() throws IOException {
        answer("/latest/api/token", _ -> "session");
        answer("/latest/meta-data/iam/security-credentials/", exchange -> {
            if (!"session".equals(exchange.getRequestHeaders().getFirst("X-aws-ec2-metadata-token"))) {
                return "";
            }
            return exchange.getRequestURI().getPath().endsWith("/backups")
                    ? keys("machine-" + requests.size(), Duration.ofSeconds(1))
                    : "backups";
        });
        CredentialsSource source = CredentialsSource.from(Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", address()));

        assertThat(source.current().accessKeyId()).isEqualTo("machine-3");
        assertThat(source.current().accessKeyId()).as("nearly expired").isEqualTo("machine-6");
    }

    @Test
    void saysWhereItLookedWhenThereAreNone() {
        answer("/", _ -> "");
        CredentialsSource source = CredentialsSource.from(Map.of("AWS_EC2_METADATA_SERVICE_ENDPOINT", address()));

        assertThatThrownBy(source::current)
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.CREDENTIALS))
                .hasMessageContaining("AWS_ACCESS_KEY_ID is not set, and the machine's metadata service gave none")
                .hasMessageContaining("403");
    }

    @Test
    void keysThatAreGivenGoFirst() throws IOException {
        assertThat(CredentialsSource.from(Map.of(
                                "AWS_ACCESS_KEY_ID", "id",
                                "AWS_SECRET_ACCESS_KEY", "secret",
                                "AWS_EC2_METADATA_SERVICE_ENDPOINT", address()))
                        .current()
                        .accessKeyId())
                .isEqualTo("id");
        assertThat(requests).isEmpty();
    }

    @Test
    void asksNobodyWhereThatIsForbidden() {
        CredentialsSource source = CredentialsSource.from(
                Map.of("AWS_EC2_METADATA_DISABLED", "true", "AWS_EC2_METADATA_SERVICE_ENDPOINT", address()));

        assertThatThrownBy(source::current).hasMessageContaining("AWS_ACCESS_KEY_ID is not set");
        assertThat(requests).isEmpty();
    }
}
