package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.storage.ReplicaUrl;
import io.sqlitereplica.sidecar.wal.WalOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A replicator in a process of its own, which can be killed. */
final class Sidecar implements AutoCloseable {
    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    private Sidecar(Process process) {
        this.process = process;
        this.commands = process.outputWriter();
        this.answers = process.inputReader();
    }

    /** How it is started. */
    record Settings(
            Duration syncInterval,
            long maxStagedBytes,
            Duration snapshots,
            List<String> jvmOptions,
            int finishPages,
            int finishTries,
            OwnerPatience patience) {
        Settings(Duration syncInterval, long maxStagedBytes, Duration snapshots, List<String> jvmOptions) {
            this(
                    syncInterval,
                    maxStagedBytes,
                    snapshots,
                    jvmOptions,
                    WalOptions.DEFAULTS.finishPages(),
                    WalOptions.DEFAULTS.finishTries(),
                    ReplicatorFixture.HURRY);
        }

        Settings withSnapshots(Duration interval) {
            return new Settings(syncInterval, maxStagedBytes, interval, jvmOptions, finishPages, finishTries, patience);
        }

        Settings withPatience(OwnerPatience more) {
            return new Settings(syncInterval, maxStagedBytes, snapshots, jvmOptions, finishPages, finishTries, more);
        }

        static final Settings DEFAULTS = new Settings(
                Duration.ofMillis(100),
                64 << 20,
                Duration.ofHours(1),
                List.of("-Xmx24m", "-XX:MaxDirectMemorySize=12m"));
    }

    static Sidecar start(Path database, Path destination, Settings settings) {
        return start(database, "file:" + destination, settings);
    }

    static Sidecar start(Path database, String url, Settings settings) {
        return new Sidecar(
                ChildJvm.start(SidecarMain.class, settings.jvmOptions(), arguments(database, url, settings)));
    }

    /** One that writes its errors to the end of a log, and finds more in its environment. */
    static Sidecar start(
            Path database, ReplicaUrl destination, Settings settings, Path log, Map<String, String> environment) {
        return new Sidecar(ChildJvm.start(
                SidecarMain.class,
                settings.jvmOptions(),
                arguments(database, destination.toString(), settings),
                log,
                environment));
    }

    private static List<String> arguments(Path database, String destination, Settings settings) {
        return List.of(
                database.toString(),
                destination,
                String.valueOf(settings.syncInterval().toMillis()),
                String.valueOf(settings.maxStagedBytes()),
                String.valueOf(settings.snapshots().toMillis()),
                String.valueOf(settings.finishPages()),
                String.valueOf(settings.finishTries()),
                String.valueOf(settings.patience().handOver().toMillis()),
                String.valueOf(settings.patience().lookInterval().toMillis()));
    }

    /** Ships what is committed. False: it is not in the destination. */
    boolean ship() {
        return Boolean.parseBoolean(command("ship"));
    }

    /** Stops it in order. False: something is not in the destination. */
    boolean stop() {
        boolean shipped = Boolean.parseBoolean(command("stop"));
        ChildJvm.awaitEnd(process);
        return shipped;
    }

    String status() {
        return command("status");
    }

    String counters() {
        return command("counters");
    }

    /** What keeps it from going on; empty: nothing. */
    String error() {
        return command("error");
    }

    long ownerWaits() {
        return Long.parseLong(command("ownerWaits"));
    }

    long rowsLost() {
        return Long.parseLong(command("rowsLost"));
    }

    DatabaseState state() {
        return DatabaseState.valueOf(command("state"));
    }

    private String command(String command) {
        try {
            commands.write(command + "\n");
            commands.flush();
            String answer = answers.readLine();
            if (answer == null) {
                throw new IllegalStateException("The sidecar is gone");
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** How it ended; waits until it has. */
    int exitCode() {
        ChildJvm.awaitEnd(process);
        return process.exitValue();
    }

    /** Stops its clock, until {@link #resume}. */
    void suspend() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(pid()))
                    .inheritIO()
                    .start()
                    .waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** kill -9. */
    void kill() {
        ChildJvm.kill(process);
    }

    @Override
    public void close() {
        kill();
    }
}
