package io.sqlitereplica.sidecar.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.minio.MinioClient;
import io.minio.ObjectWriteResponse;
import io.minio.PutObjectArgs;
import io.minio.RemoveObjectArgs;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Locale;
import java.util.Optional;

/**
 * A gateway in front of an S3 server that does not know one of the conditions of HTTP: it passes over it, signs the request
 * anew, and the server overwrites what is there.
 */
public final class ConditionsIgnored implements AutoCloseable {
    private final ServerSocket listener;
    private final int serverPort;
    private final String method;
    private final String header;
    private final MinioClient client;

    /**
     * Starts it.
     *
     * @param method of the requests on which it does not know it: {@code PUT}, or {@code POST}, which completes uploads in
     *     parts
     * @param header what it does not know, as {@code If-Match}
     */
    public ConditionsIgnored(S3Server server, String method, String header) {
        this.serverPort = server.port();
        this.method = method;
        this.header = header.toLowerCase(Locale.ROOT) + ":";
        this.client = MinioClient.builder()
                .endpoint(server.endpoint())
                .region(S3Server.REGION)
                .credentials(S3Server.ACCESS_KEY_ID, S3Server.SECRET_ACCESS_KEY)
                .build();
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("gateway").start(this::accept);
    }

    public String endpoint() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() {
        try {
            while (true) {
                Socket connection = listener.accept();
                Thread.ofVirtual().start(() -> serve(connection));
            }
        } catch (IOException e) {
            // closed
        }
    }

    /** One request a connection. */
    private void serve(Socket connection) {
        try (connection) {
            InputStream in = connection.getInputStream();
            String head = head(in);
            byte[] body = in.readNBytes(
                    field(head, "content-length:").map(Integer::parseInt).orElse(0));
            boolean unconditional =
                    head.startsWith(method + " ") && field(head, header).isPresent();
            if (unconditional && method.equals("PUT")) {
                put(head, body, connection.getOutputStream());
            } else {
                if (unconditional) {
                    delete(head);
                }
                pass(head, body, connection.getOutputStream());
            }
        } catch (IOException e) {
            // the client gets no answer
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        while (!bytes.toString(ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("no request");
            }
            bytes.write(next);
        }
        return bytes.toString(ISO_8859_1);
    }

    private static Optional<String> field(String head, String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst();
    }

    /** Bucket and key. */
    private static String[] path(String head) {
        return head.split("[ ?]", 3)[1].substring(1).split("/", 2);
    }

    /** So that nothing is in the way of what is created next. */
    private void delete(String head) throws IOException {
        String[] path = path(head);
        try {
            client.removeObject(
                    RemoveObjectArgs.builder().bucket(path[0]).object(path[1]).build());
        } catch (Exception e) {
            throw new IOException(e);
        }
    }

    private void put(String head, byte[] body, OutputStream out) throws IOException {
        String[] path = path(head);
        String etag;
        try {
            ObjectWriteResponse written =
                    client.putObject(PutObjectArgs.builder().bucket(path[0]).object(path[1]).stream(
                                    new ByteArrayInputStream(body), (long) body.length, -1L)
                            .build());
            etag = written.etag();
        } catch (Exception e) {
            throw new IOException(e);
        }
        out.write("HTTP/1.1 200 OK\r\nETag: \"%s\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                .formatted(etag)
                .getBytes(ISO_8859_1));
    }

    private void pass(String head, byte[] body, OutputStream out) throws IOException {
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort)) {
            OutputStream to = server.getOutputStream();
            to.write(head.replaceFirst("(?i)\r\nconnection:[^\r]*", "\r\nConnection: close")
                    .getBytes(ISO_8859_1));
            to.write(body);
            server.getInputStream().transferTo(out);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
