package io.sqlitereplica.sidecar.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** Stands between a client and a server on this machine, and breaks what it is told to. */
public final class FaultyProxy implements AutoCloseable {
    /** What happens to connections. */
    public enum Fault {
        NONE,
        /** The server gets all of the request; its answer is lost with the connection. */
        LOSE_ANSWERS,
        /** The connection breaks after the first bytes of an answer. */
        BREAK_ANSWERS
    }

    private static final int BEFORE_BREAK_BYTES = 100_000;

    private final ServerSocket listener;
    private final int serverPort;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Fault fault = Fault.NONE;

    /** A proxy for the server on {@code serverPort}, on a port of its own. */
    public FaultyProxy(int serverPort) {
        this.serverPort = serverPort;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().name("proxy").start(this::accept);
    }

    public String endpoint() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    public void inject(Fault next) {
        fault = next;
    }

    private void accept() {
        try {
            while (true) {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                open.add(client);
                open.add(server);
                Thread.ofVirtual().start(() -> forward(client, server, false));
                Thread.ofVirtual().start(() -> forward(server, client, true));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void forward(Socket from, Socket to, boolean answers) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] bytes = new byte[16 * 1024];
            long passed = 0;
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                if (answers && (fault == Fault.LOSE_ANSWERS || breaks(passed))) {
                    return;
                }
                out.write(bytes, 0, read);
                passed += read;
            }
        } catch (IOException e) {
            // one side closed the connection, which ends the other
        } finally {
            open.remove(from);
            open.remove(to);
        }
    }

    private boolean breaks(long passed) {
        return fault == Fault.BREAK_ANSWERS && passed > BEFORE_BREAK_BYTES;
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : open) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
