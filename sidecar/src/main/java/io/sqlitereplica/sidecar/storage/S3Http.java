package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.Dispatcher;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;

/**
 * The HTTP clients of a process: one for plain text, one for TLS with the JDK's authorities, and one for each file with
 * others. Each is made when it is first needed. Neither tries a failed request again, but
 * for one over a connection that had been closed by the server while nobody used it.
 */
final class S3Http implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /** How long a connection may stand still while something is sent or received. */
    private static final Duration IO_TIMEOUT = Duration.ofSeconds(30);

    /** Servers that keep parts as files may copy all of them before they answer. */
    private static final Duration COMPLETE_TIMEOUT = Duration.ofMinutes(15);

    private static final Duration CREDENTIALS_CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration CREDENTIALS_TIMEOUT = Duration.ofSeconds(10);
    private static final int MAX_REQUESTS = 16;
    private static final int IDLE_CONNECTIONS = 4;
    private static final Duration IDLE_TIME = Duration.ofSeconds(50);

    private final Duration ioTimeout;
    private final Map<Trust, OkHttpClient> clients = new HashMap<>();

    S3Http() {
        this(IO_TIMEOUT);
    }

    S3Http(Duration ioTimeout) {
        this.ioTimeout = ioTimeout;
    }

    /** Whose certificates count. A client for plain text knows nothing of TLS and so never loads one. */
    private record Trust(boolean https, Optional<Path> caBundle) {}

    /**
     * The client for one way to trust servers.
     *
     * @param caBundle the only authorities that are trusted; empty: those of the JDK
     */
    synchronized OkHttpClient client(boolean https, Optional<Path> caBundle) {
        return clients.computeIfAbsent(new Trust(https, https ? caBundle : Optional.empty()), this::newClient);
    }

    /** A client for the few small requests that ask for keys: nobody can go on before they are answered. */
    static OkHttpClient forCredentials() {
        return new OkHttpClient.Builder()
                .connectionSpecs(List.of(ConnectionSpec.MODERN_TLS, ConnectionSpec.CLEARTEXT))
                .connectionPool(new ConnectionPool(0, 1, TimeUnit.SECONDS))
                .protocols(List.of(Protocol.HTTP_1_1))
                .connectTimeout(CREDENTIALS_CONNECT_TIMEOUT)
                .callTimeout(CREDENTIALS_TIMEOUT)
                .followRedirects(false)
                .build();
    }

    private static void trustOnly(Path caBundle, OkHttpClient.Builder builder) {
        CaBundle trusted = new CaBundle(caBundle);
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {trusted}, null);
            builder.sslSocketFactory(context.getSocketFactory(), trusted);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java runtime has TLS", e);
        }
    }

    private OkHttpClient newClient(Trust trust) {
        Dispatcher dispatcher = new Dispatcher(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("s3-", 0).factory()));
        dispatcher.setMaxRequests(MAX_REQUESTS);
        dispatcher.setMaxRequestsPerHost(MAX_REQUESTS);
        OkHttpClient.Builder builder = new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_TIME.toSeconds(), TimeUnit.SECONDS))
                .connectionSpecs(List.of(trust.https ? ConnectionSpec.MODERN_TLS : ConnectionSpec.CLEARTEXT))
                .protocols(List.of(Protocol.HTTP_1_1))
                .connectTimeout(CONNECT_TIMEOUT)
                .readTimeout(ioTimeout)
                .writeTimeout(ioTimeout)
                // A signature is for one host: to follow a redirection would be refused with a misleading reason.
                .followRedirects(false)
                .followSslRedirects(false)
                .addInterceptor(S3Http::patientWhenCompleting);
        trust.caBundle.ifPresent(file -> trustOnly(file, builder));
        return builder.build();
    }

    private static Response patientWhenCompleting(Interceptor.Chain chain) throws IOException {
        boolean completing =
                chain.request().method().equals("POST") && chain.request().url().queryParameter("uploadId") != null;
        return (completing ? chain.withReadTimeout((int) COMPLETE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) : chain)
                .proceed(chain.request());
    }

    @Override
    public synchronized void close() {
        for (OkHttpClient client : clients.values()) {
            client.dispatcher().cancelAll();
            client.dispatcher().executorService().shutdown();
            client.connectionPool().evictAll();
        }
    }
}
