package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The scripts of the distribution, run by a real shell around real JVMs. */
class ScriptsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();
    private final List<Process> started = new ArrayList<>();
    private Path home;
    private Path config;
    private Path cgroup;

    @BeforeEach
    void makeDistribution() throws IOException {
        home = folder.resolve("a folder with spaces");
        config = Files.createDirectory(folder.resolve("config"));
        cgroup = folder.resolve("cgroup");
        Files.createDirectories(cgroup.resolve("memory"));
        for (String script : List.of("bin/launch", "bin/sqlite-replica", "conf/jvm.options")) {
            Path copy = home.resolve(script);
            Files.createDirectories(copy.getParent());
            Files.copy(Path.of("src/main/dist").resolve(script), copy, StandardCopyOption.COPY_ATTRIBUTES);
        }
        Files.createSymbolicLink(home.resolve("runtime"), Path.of(System.getProperty("java.home")));
        packProbe(home.resolve("lib/sqlitereplica-sidecar.jar"));
        environment.put("SQLITE_REPLICA_CONFIG_FOLDER", config.toString());
        environment.put("SQLITE_REPLICA_CGROUP_FOLDER", cgroup.toString());
    }

    @AfterEach
    void stopWhatStillRuns() throws IOException {
        Files.deleteIfExists(home.resolve("runtime"));
        for (Process process : started) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    @Test
    void runsTheProgramWithItsArgumentsAsTheyAre() throws Exception {
        Run run = run("sqlite-replica", "exit", "4", "two words", "@file", "*");

        assertThat(run.out()).contains("probe=built-in args=exit,4,two words,@file,*");
        assertThat(run.code()).isEqualTo(4);
    }

    @Test
    void goesOnSilentlyWithoutAnAotCacheThatDoesNotFit() throws Exception {
        Files.writeString(home.resolve("lib/sqlite-replica.aot"), "of another JVM");

        Run run = run("sqlite-replica", "exit", "4");

        assertThat(run.code()).isEqualTo(4);
        assertThat(run.out() + run.err()).contains("args=exit,4").doesNotContain("aot");
    }

    @Test
    void findsItsHomeThroughSymbolicLinks() throws Exception {
        Path near = Files.createSymbolicLink(folder.resolve("near"), home.resolve("bin/sqlite-replica"));
        Path far = Files.createSymbolicLink(folder.resolve("far"), folder.relativize(near));

        assertThat(finish(start(far.toString(), "exit", "0")).code()).isZero();
    }

    @Test
    void usesAnotherFileOfOptionsWhenOneIsNamed() throws Exception {
        environment.put("SQLITE_REPLICA_JVM_OPTIONS", options("mine.options", "-Dprobe=mine"));

        assertThat(run("sqlite-replica", "exit", "0").out()).contains("probe=mine");
    }

    @Test
    void namesTheFileOfOptionsItCannotRead() throws Exception {
        environment.put("SQLITE_REPLICA_JVM_OPTIONS", "/nowhere/jvm.options");

        Run run = run("sqlite-replica", "exit", "0");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("/nowhere/jvm.options cannot be read");
    }

    @Test
    void takesTheJavaOfJavaHomeWhereThereIsNoRuntime() throws Exception {
        Files.delete(home.resolve("runtime"));
        environment.put("JAVA_HOME", System.getProperty("java.home"));

        assertThat(run("sqlite-replica", "exit", "6").code()).isEqualTo(6);
    }

    @Test
    void takesTheJavaOnPathWhereThereIsNoJavaHome() throws Exception {
        Files.delete(home.resolve("runtime"));
        environment.put("JAVA_HOME", "");
        environment.put("PATH", System.getProperty("java.home") + "/bin:" + System.getenv("PATH"));

        assertThat(run("sqlite-replica", "exit", "6").code()).isEqualTo(6);
    }

    @Test
    void refusesAJavaThatIsTooOld() throws Exception {
        Files.delete(home.resolve("runtime"));
        Path java = Files.createDirectories(folder.resolve("old/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\necho 'openjdk version \"17.0.15\" 2025-04-15' >&2\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        environment.put("JAVA_HOME", folder.resolve("old").toString());

        Run run = run("sqlite-replica", "exit", "0");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("is Java 17, but Java 25 or newer is needed");
    }

    @Test
    void saysWhatToDoWhenThereIsNoJavaAtAll() throws Exception {
        Files.delete(home.resolve("runtime"));
        environment.put("JAVA_HOME", "");
        environment.put("PATH", "/nowhere");

        Run run = run("sqlite-replica", "exit", "0");

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("no Java found").contains("Java 25 or newer is needed");
    }

    @Test
    void launchPassesOnTheExitCode() throws Exception {
        assertThat(run("launch", "exit", "9").code()).isEqualTo(9);
    }

    @Test
    void launchStartsTheJvmAgainAsLongAsItEndsWith75() throws Exception {
        Path starts = folder.resolve("starts");

        Run run = run("launch", "restart", starts.toString());

        assertThat(run.code()).isEqualTo(3);
        assertThat(Files.size(starts)).isEqualTo(3);
    }

    @Test
    void launchPicksTheOptionsForTheLimitOfCgroupV2() throws Exception {
        Files.writeString(cgroup.resolve("memory.max"), (112 << 20) + "\n");
        options("jvm-112.options", "-Dprobe=for112");

        assertThat(run("launch", "exit", "0").out()).contains("probe=for112");
    }

    @Test
    void launchPicksTheOptionsForTheLimitOfCgroupV1() throws Exception {
        Files.writeString(cgroup.resolve("memory/memory.limit_in_bytes"), (256 << 20) + "\n");
        options("jvm-256.options", "-Dprobe=for256");

        assertThat(run("launch", "exit", "0").out()).contains("probe=for256");
    }

    @Test
    void launchUsesTheBuiltInOptionsForALimitWithoutAFile() throws Exception {
        Files.writeString(cgroup.resolve("memory.max"), "max\n");
        options("jvm-112.options", "-Dprobe=for112");

        assertThat(run("launch", "exit", "0").out()).contains("probe=built-in");
    }

    @Test
    void launchPicksTheOptionsAnewAtEachStart() throws Exception {
        Files.writeString(cgroup.resolve("memory.max"), (112 << 20) + "\n");
        options("jvm-112.options", "-Dprobe=first");
        Process process = start(home.resolve("bin/launch").toString(), "wait", "75");
        awaitOutput("probe=first");

        options("jvm-112.options", "-Dprobe=second");
        awaitOutput("waiting");
        jvmOf(process).destroy();

        awaitOutput("probe=second");
    }

    @Test
    void launchFallsBackToTheBuiltInOptionsWhenNoJvmStartsWithTheOthers() throws Exception {
        Files.writeString(cgroup.resolve("memory.max"), (112 << 20) + "\n");
        options("jvm-112.options", "-Dprobe=broken", "-Xmx1k");

        Run run = run("launch", "exit", "5");

        assertThat(run.code()).isEqualTo(5);
        assertThat(run.out()).contains("probe=built-in");
        assertThat(run.err())
                .contains("jvm-112.options")
                .contains("built-in options")
                .contains("Too small maximum heap");
    }

    @Test
    void launchForwardsSigtermAndWaitsForTheJvm() throws Exception {
        Process process = start(home.resolve("bin/launch").toString(), "wait", "7");
        awaitOutput("waiting");

        process.destroy();

        Run run = finish(process);
        assertThat(run.code()).isEqualTo(7);
        assertThat(run.out()).contains("stopping");
    }

    @Test
    void launchStopsTheJvmOnSigint() throws Exception {
        // Where the build runs in the background, SIGINT is ignored, and a shell cannot change that for itself.
        Process process =
                start("env", "--default-signal=INT", home.resolve("bin/launch").toString(), "wait", "7");
        awaitOutput("waiting");

        signal("INT", process);

        assertThat(finish(process).code()).isEqualTo(7);
    }

    @Test
    void launchDoesNotStartAgainWhenItWasAskedToStop() throws Exception {
        Process process = start(home.resolve("bin/launch").toString(), "wait", "75");
        awaitOutput("waiting");

        process.destroy();

        assertThat(finish(process).code()).isZero();
    }

    @Test
    void launchPrintsAThreadDumpOnSigquitAndGoesOn() throws Exception {
        Process process = start(home.resolve("bin/launch").toString(), "wait", "8");
        awaitOutput("waiting");

        signal("QUIT", process);
        awaitOutput("Full thread dump");
        process.destroy();

        assertThat(finish(process).code()).isEqualTo(8);
    }

    private record Run(int code, String out, String err) {}

    private Run run(String script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(home.resolve("bin").resolve(script).toString());
        command.addAll(List.of(arguments));
        return finish(start(command.toArray(String[]::new)));
    }

    private Process start(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private Run finish(Process process) throws Exception {
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), read("out"), read("err"));
    }

    private void awaitOutput(String text) {
        await().atMost(PATIENCE).until(() -> read("out").contains(text));
    }

    private String read(String stream) throws IOException {
        Path file = folder.resolve(stream);
        return Files.exists(file) ? Files.readString(file) : "";
    }

    private static ProcessHandle jvmOf(Process process) {
        return process.children().findFirst().orElseThrow();
    }

    private static void signal(String name, Process process) throws Exception {
        Process kill = new ProcessBuilder("kill", "-s", name, Long.toString(process.pid())).start();
        assertThat(kill.waitFor()).isZero();
    }

    private String options(String name, String... lines) throws IOException {
        return Files.writeString(config.resolve(name), String.join("\n", lines) + "\n")
                .toString();
    }

    private static void packProbe(Path jar) throws IOException {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, ScriptProbe.class.getName());
        Files.createDirectories(jar.getParent());
        String entry = ScriptProbe.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream probe = ScriptProbe.class.getResourceAsStream("/" + entry)) {
            out.putNextEntry(new JarEntry(entry));
            probe.transferTo(out);
            out.closeEntry();
        }
    }
}
