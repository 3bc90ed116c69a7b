package io.sqlitereplica.sidecar.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.sqlitereplica.sidecar.storage.StoreException.Kind;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The region of a bucket, from a server on the loopback address that answers as Amazon's does. */
class S3RegionTest {
    @AutoClose
    private final S3Http http = new S3Http();

    private HttpServer server;

    @BeforeEach
    void makeServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/backups", exchange -> {
            exchange.getResponseHeaders().add("x-amz-bucket-region", "eu-central-1");
            exchange.sendResponseHeaders(403, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private String regionOf(String bucket) throws StoreException {
        return S3Region.of(
                http.client(false, Optional.empty()),
                HttpUrl.get("http://127.0.0.1:" + server.getAddress().getPort() + "/" + bucket));
    }

    @Test
    void isToldToThoseWhoMayNotUseTheBucket() throws StoreException {
        assertThat(regionOf("backups")).isEqualTo("eu-central-1");
    }

    @Test
    void saysWhenThereIsNoSuchBucket() {
        assertThatThrownBy(() -> regionOf("nobody"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.NOT_FOUND))
                .hasMessageContaining("check the bucket's name");
    }

    @Test
    void saysWhenNobodyAnswers() {
        server.stop(0);

        assertThatThrownBy(() -> regionOf("backups"))
                .isInstanceOfSatisfying(
                        StoreException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREACHABLE));
    }
}
