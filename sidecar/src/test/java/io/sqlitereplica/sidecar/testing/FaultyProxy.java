package io.sqlitereplica.sidecar.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** Stands between S3 clients and a server on this machine, request by request, and breaks what it is told to. */
public final class FaultyProxy implements AutoCloseable {
    private static final int BEFORE_BREAK_BYTES = 100_000;
    private static final Duration DELAY = Duration.ofMillis(300);

    private final int serverPort;
    private final int port;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final Map<Operation, Integer> requests = new EnumMap<>(Operation.class);
    private Plan plan = _ -> Fault.NONE;
    private int plans;
    private @Nullable ServerSocket listener;

    /** What happens to a request. */
    public enum Fault {
        NONE,
        /** The connection is reset before the server hears of the request. */
        RESET,
        /** The server gets half of the request, then the connection is reset. */
        BREAK_REQUESTS,
        /** The server gets all of the request; its answer is lost with the connection. */
        LOSE_ANSWERS,
        /** The server gets the request twice, as when a client sends it once more; the second answer is passed on. */
        REPEAT,
        /** The connection is reset within an answer. */
        BREAK_ANSWERS,
        /** The connection is closed in good order within an answer. */
        TRUNCATE_ANSWERS,
        /** The server hears of the request a while later. */
        DELAY,
        /** There is no answer until the next call of {@code inject}, and then the connection is closed. */
        HANG,
        /** The server gets all of the request; there is no answer, as with {@link #HANG}. */
        HANG_ANSWERS,
        REQUEST_TIMEOUT(408, "RequestTimeout"),
        TOO_MANY_REQUESTS(429, "TooManyRequests"),
        INTERNAL_ERROR(500, "InternalError"),
        SERVICE_UNAVAILABLE(503, "ServiceUnavailable"),
        SLOW_DOWN(503, "SlowDown"),
        CLOCK_SKEWED(403, "RequestTimeTooSkewed");

        private final int status;
        private final String code;

        Fault() {
            this(0, "");
        }

        /** The server does not hear of the request, and this is the answer. */
        Fault(int status, String code) {
            this.status = status;
            this.code = code;
        }
    }

    /** What a request asks for. */
    public enum Operation {
        LIST,
        GET,
        HEAD,
        PUT,
        BEGIN_UPLOAD,
        PUT_PART,
        COMPLETE_UPLOAD,
        ABORT_UPLOAD,
        OTHER;

        static Operation of(String method, String target) {
            boolean ofUpload = target.contains("uploadId=");
            return switch (method) {
                case "GET" -> target.contains("list-type=") ? LIST : GET;
                case "HEAD" -> HEAD;
                case "PUT" -> ofUpload ? PUT_PART : PUT;
                case "POST" -> ofUpload ? COMPLETE_UPLOAD : target.contains("uploads") ? BEGIN_UPLOAD : OTHER;
                case "DELETE" -> ofUpload ? ABORT_UPLOAD : OTHER;
                default -> OTHER;
            };
        }
    }

    /** Decides about each request. */
    @FunctionalInterface
    public interface Plan {
        Fault faultFor(Operation operation);
    }

    /** A proxy for the server on {@code serverPort}, on a port of its own. */
    public FaultyProxy(int serverPort) {
        this.serverPort = serverPort;
        try {
            this.port = listen(0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String endpoint() {
        return "http://127.0.0.1:" + port;
    }

    /** Does this to every request from now on. */
    public void inject(Fault next) {
        inject(_ -> next);
    }

    /** Does this to requests from now on. */
    public synchronized void inject(Plan next) {
        plan = next;
        plans++;
        notifyAll();
    }

    /** How many requests have come, whatever was done to them. */
    public synchronized int requests() {
        return requests.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** How many of one kind have come. */
    public synchronized int requests(Operation operation) {
        return requests.getOrDefault(operation, 0);
    }

    /** From now on nobody listens. */
    public synchronized void refuseConnections() throws IOException {
        if (listener != null) {
            listener.close();
            listener = null;
        }
        for (Socket socket : open) {
            socket.close();
        }
    }

    /** Listens again, on the same port. */
    public void acceptConnections() throws IOException {
        listen(port);
    }

    private synchronized int listen(int onPort) throws IOException {
        ServerSocket listening = new ServerSocket();
        listening.setReuseAddress(true);
        listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), onPort), 50);
        listener = listening;
        Thread.ofVirtual().name("proxy").start(() -> accept(listening));
        return listening.getLocalPort();
    }

    private void accept(ServerSocket listening) {
        try {
            while (true) {
                Socket client = listening.accept();
                open.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket server = new Socket()) {
            open.add(server);
            server.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), serverPort));
            try {
                InputStream fromClient = new BufferedInputStream(client.getInputStream());
                InputStream fromServer = new BufferedInputStream(server.getInputStream());
                while (pass(client, fromClient, server, fromServer)) {
                    // as long as the connection is kept
                }
            } finally {
                open.remove(server);
            }
        } catch (IOException e) {
            // one side closed the connection, which ends the other
        } finally {
            open.remove(client);
        }
    }

    /** One request and its answer. False: the connection is to be closed. */
    private boolean pass(Socket client, InputStream fromClient, Socket server, InputStream fromServer)
            throws IOException {
        Message request = Message.read(fromClient);
        if (request == null) {
            return false;
        }
        Operation operation = Operation.of(request.word(0), request.word(1));
        int generation;
        Fault fault;
        synchronized (this) {
            requests.merge(operation, 1, Integer::sum);
            generation = plans;
            fault = plan.faultFor(operation);
        }
        switch (fault) {
            case RESET -> {
                return reset(client);
            }
            case BREAK_REQUESTS -> {
                request.copy(fromClient, server.getOutputStream(), request.bytes() / 2);
                return reset(client);
            }
            case HANG -> {
                request.copy(fromClient, OutputStream.nullOutputStream(), Long.MAX_VALUE);
                return awaitPlanAfter(generation);
            }
            case DELAY -> LockSupport.parkNanos(DELAY.toNanos());
            default -> {}
        }
        if (fault.status != 0) {
            request.copy(fromClient, OutputStream.nullOutputStream(), Long.MAX_VALUE);
            refuse(client.getOutputStream(), fault, operation);
            return true;
        }
        if (fault == Fault.REPEAT) {
            ByteArrayOutputStream whole = new ByteArrayOutputStream();
            request.copy(fromClient, whole, Long.MAX_VALUE);
            whole.writeTo(server.getOutputStream());
            Message first = Message.read(fromServer);
            if (first == null) {
                return false;
            }
            first.copy(fromServer, OutputStream.nullOutputStream(), first.bytesAfter(operation));
            whole.writeTo(server.getOutputStream());
        } else {
            request.copy(fromClient, server.getOutputStream(), Long.MAX_VALUE);
        }
        Message answer = Message.read(fromServer);
        if (answer == null) {
            return false;
        }
        long all = answer.bytesAfter(operation);
        if (fault == Fault.LOSE_ANSWERS) {
            return false;
        }
        if (fault == Fault.HANG_ANSWERS) {
            return awaitPlanAfter(generation);
        }
        boolean broken = fault == Fault.BREAK_ANSWERS || fault == Fault.TRUNCATE_ANSWERS;
        answer.copy(fromServer, client.getOutputStream(), broken ? Math.min(all / 2, BEFORE_BREAK_BYTES) : all);
        return fault == Fault.BREAK_ANSWERS
                ? reset(client)
                : !broken && !answer.field("connection").equals("close");
    }

    private static boolean reset(Socket client) throws IOException {
        client.setSoLinger(true, 0);
        return false;
    }

    private synchronized boolean awaitPlanAfter(int generation) {
        try {
            while (plans == generation && listener != null) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return false;
    }

    private static void refuse(OutputStream to, Fault fault, Operation operation) throws IOException {
        String body =
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>%s</Code><Message>injected</Message></Error>"
                        .formatted(fault.code);
        String head = "HTTP/1.1 %d Injected\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n"
                .formatted(fault.status, body.length());
        to.write((operation == Operation.HEAD ? head : head + body).getBytes(ISO_8859_1));
        to.flush();
    }

    /** The head of a request or an answer, and how long its body is. */
    private record Message(String text) {
        /** Null: the other side has closed the connection. */
        static @Nullable Message read(InputStream from) throws IOException {
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            for (int last = 0, next = from.read(); ; next = from.read()) {
                if (next < 0) {
                    return null;
                }
                head.write(next);
                last = last << 8 | next;
                if (last == 0x0d0a0d0a) {
                    return new Message(head.toString(ISO_8859_1));
                }
            }
        }

        String word(int index) {
            return text.lines().findFirst().orElseThrow().split(" ", -1)[index];
        }

        String field(String name) {
            return text.lines()
                    .skip(1)
                    .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }

        /** Of the head and the body. */
        long bytes() {
            if (!field("transfer-encoding").isEmpty()) {
                throw new IllegalStateException("Only bodies of known length are understood: " + text);
            }
            String length = field("content-length");
            return text.length() + (length.isEmpty() ? 0 : Long.parseLong(length));
        }

        /** Of an answer, which may have no body whatever it says. */
        long bytesAfter(Operation operation) {
            return operation == Operation.HEAD || word(1).equals("204") ? text.length() : bytes();
        }

        /** Passes the head on, and the body behind it, but no more bytes than that. */
        void copy(InputStream body, OutputStream to, long most) throws IOException {
            to.write(text.getBytes(ISO_8859_1), 0, (int) Math.min(text.length(), most));
            byte[] some = new byte[16 * 1024];
            long end = Math.min(bytes(), most);
            for (long copied = text.length(); copied < end; ) {
                int read = body.read(some, 0, (int) Math.min(some.length, end - copied));
                if (read < 0) {
                    throw new EOFException();
                }
                to.write(some, 0, read);
                copied += read;
            }
            to.flush();
        }
    }

    @Override
    public void close() {
        try {
            refuseConnections();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        inject(Fault.NONE);
    }
}
