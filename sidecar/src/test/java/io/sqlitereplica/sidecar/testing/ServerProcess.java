package io.sqlitereplica.sidecar.testing;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A server program that listens on a port of the loopback address. */
final class ServerProcess {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int ATTEMPTS = 3;

    /** What starts a server on a free port. */
    interface Starter<T> {
        T on(int port) throws IOException;
    }

    private final ProcessBuilder builder;
    private final int port;
    private final Path log;
    private Process process;

    ServerProcess(List<String> command, Map<String, String> environment, int port, Path log) throws IOException {
        this.builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        this.port = port;
        this.log = log;
        this.process = launch();
    }

    /** Tries some ports: another process may take one before the server does. */
    static <T> T onFreePort(Starter<T> starter) throws IOException {
        for (int attempt = 1; ; attempt++) {
            try {
                return starter.on(freePort());
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Process launch() throws IOException {
        Process started = builder.start();
        // Tests that are ended from outside do not come to close it.
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(started::destroyForcibly));
        return started;
    }

    void awaitReady() throws IOException {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(20)).until(() -> accepts() || !process.isAlive());
        if (!process.isAlive()) {
            throw new IOException("the server ended: " + Files.readString(log));
        }
    }

    private boolean accepts() {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    int port() {
        return port;
    }

    /** As if the machine had lost its power. */
    void stop() {
        process.destroyForcibly();
        await().atMost(PATIENCE).until(() -> !process.isAlive());
    }

    void restart() throws IOException {
        stop();
        process = launch();
        awaitReady();
    }
}
