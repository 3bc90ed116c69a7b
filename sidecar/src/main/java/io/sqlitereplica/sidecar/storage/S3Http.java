package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.Dispatcher;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP clients of a process: one for plain text, which knows nothing of TLS and so never loads a certificate, and one
 * for TLS with the JDK's authorities. Each is made when it is first needed. Neither tries a failed request again, but
 * for one over a connection that had been closed by the server while nobody used it.
 */
final class S3Http implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);

    /** How long a connection may stand still while something is sent or received. */
    private static final Duration IO_TIMEOUT = Duration.ofSeconds(30);

    /** Servers that keep parts as files may copy all of them before they answer. */
    private static final Duration COMPLETE_TIMEOUT = Duration.ofMinutes(15);

    private static final int MAX_REQUESTS = 16;
    private static final int IDLE_CONNECTIONS = 4;
    private static final Duration IDLE_TIME = Duration.ofSeconds(50);

    private final Duration ioTimeout;
    private @Nullable OkHttpClient plain;
    private @Nullable OkHttpClient tls;

    S3Http() {
        this(IO_TIMEOUT);
    }

    S3Http(Duration ioTimeout) {
        this.ioTimeout = ioTimeout;
    }

    synchronized OkHttpClient client(boolean https) {
        if (https) {
            if (tls == null) {
                tls = newClient(ConnectionSpec.MODERN_TLS);
            }
            return tls;
        }
        if (plain == null) {
            plain = newClient(ConnectionSpec.CLEARTEXT);
        }
        return plain;
    }

    private OkHttpClient newClient(ConnectionSpec spec) {
        Dispatcher dispatcher = new Dispatcher(Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("s3-", 0).factory()));
        dispatcher.setMaxRequests(MAX_REQUESTS);
        dispatcher.setMaxRequestsPerHost(MAX_REQUESTS);
        return new OkHttpClient.Builder()
                .dispatcher(dispatcher)
                .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_TIME.toSeconds(), TimeUnit.SECONDS))
                .connectionSpecs(List.of(spec))
                .protocols(List.of(Protocol.HTTP_1_1))
                .connectTimeout(CONNECT_TIMEOUT)
                .readTimeout(ioTimeout)
                .writeTimeout(ioTimeout)
                // A signature is for one host: to follow a redirection would be refused with a misleading reason.
                .followRedirects(false)
                .followSslRedirects(false)
                .addInterceptor(S3Http::patientWhenCompleting)
                .build();
    }

    private static Response patientWhenCompleting(Interceptor.Chain chain) throws IOException {
        boolean completing =
                chain.request().method().equals("POST") && chain.request().url().queryParameter("uploadId") != null;
        return (completing ? chain.withReadTimeout((int) COMPLETE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS) : chain)
                .proceed(chain.request());
    }

    @Override
    public synchronized void close() {
        for (OkHttpClient client : new OkHttpClient[] {plain, tls}) {
            if (client != null) {
                client.dispatcher().cancelAll();
                client.dispatcher().executorService().shutdown();
                client.connectionPool().evictAll();
            }
        }
    }
}
