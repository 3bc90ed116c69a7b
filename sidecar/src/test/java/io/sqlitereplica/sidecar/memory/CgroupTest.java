package io.sqlitereplica.sidecar.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both versions of control groups, from files of real kernels. */
class CgroupTest {
    private static final long MIB = 1024 * 1024;

    @TempDir
    private Path root;

    private void copy(String fixture) throws IOException {
        Path source;
        try {
            source = Path.of(CgroupTest.class.getResource("/cgroup/" + fixture).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        try (Stream<Path> files = Files.walk(source)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = root.resolve(source.relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(file, target);
                }
            }
        }
    }

    private void write(String file, String contents) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, contents);
    }

    private CgroupSample sample() throws IOException {
        return Cgroup.find(root).sample().orElseThrow();
    }

    @Test
    void readsVersion2() throws IOException {
        copy("v2");

        assertThat(sample())
                .isEqualTo(new CgroupSample(
                        192 * MIB,
                        139_563_008,
                        71_495_680,
                        67_555_328,
                        0,
                        67_543_040,
                        298_864,
                        528_384,
                        201_326_592,
                        1,
                        1,
                        0,
                        148,
                        1695,
                        1167,
                        OptionalDouble.of(0.59),
                        OptionalDouble.of(0.59)));
        assertThat(sample().workingSetBytes()).isEqualTo(139_563_008 - 67_543_040);
    }

    @Test
    void readsVersion1() throws IOException {
        copy("v1");

        assertThat(sample())
                .isEqualTo(new CgroupSample(
                        128 * MIB,
                        86_208_512,
                        71_495_680,
                        14_082_048,
                        13_987_840,
                        4096,
                        294_912,
                        294_912,
                        128 * MIB,
                        0,
                        1,
                        0,
                        189,
                        2,
                        3519,
                        OptionalDouble.empty(),
                        OptionalDouble.empty()));
    }

    @Test
    void seesThatThereIsNoLimit() throws IOException {
        copy("v2");
        write("sys/fs/cgroup/memory.max", "max\n");

        assertThat(sample().limitBytes()).isZero();
    }

    @Test
    void seesThatThereIsNoLimitInVersion1() throws IOException {
        copy("v1");
        write("sys/fs/cgroup/memory/app/memory.limit_in_bytes", "9223372036854771712\n");
        replace(
                "sys/fs/cgroup/memory/app/memory.stat",
                "hierarchical_memory_limit 134217728",
                "hierarchical_memory_limit 9223372036854771712");

        assertThat(sample().limitBytes()).isZero();
    }

    private void replace(String file, String text, String by) throws IOException {
        Path path = root.resolve(file);
        Files.writeString(path, Files.readString(path).replace(text, by));
    }

    @ParameterizedTest
    @CsvSource({"max, 104857600, 104857600", "52428800, 104857600, 52428800", "104857600, 52428800, 52428800"})
    void aGroupHasNoMoreThanTheGroupsAboveIt(String own, String above, long effective) throws IOException {
        copy("v2");
        write("proc/self/cgroup", "0::/system.slice/app.service\n");
        for (String file : new String[] {"memory.stat", "memory.current", "memory.events"}) {
            write(
                    "sys/fs/cgroup/system.slice/app.service/" + file,
                    Files.readString(root.resolve("sys/fs/cgroup/" + file)));
        }
        write("sys/fs/cgroup/system.slice/app.service/memory.max", own);
        write("sys/fs/cgroup/system.slice/memory.max", above);
        Files.delete(root.resolve("sys/fs/cgroup/memory.max"));

        assertThat(sample().limitBytes()).isEqualTo(effective);
    }

    @Test
    void theLimitAboveCountsInVersion1AsWell() throws IOException {
        copy("v1");
        write("sys/fs/cgroup/memory/app/memory.limit_in_bytes", "9223372036854771712\n");

        assertThat(sample().limitBytes()).isEqualTo(128 * MIB);
    }

    /** In a container, the mount shows the container's group at its top, and the path is that of the host. */
    @ParameterizedTest
    @CsvSource({
        "/kubepods/burstable/pod1/c1, /kubepods/burstable/pod1/c1",
        "/kubepods/burstable/pod1/c1, /",
        "/../../pod1/c1, /../..",
        "/kubepods/burstable/pod2/c9, /kubepods/burstable/pod1/c1",
        "/, /"
    })
    void findsItsOwnGroupInAContainer(String group, String mounted) throws IOException {
        copy("v1");
        replace("proc/self/cgroup", ":memory:/app", ":memory:" + group);
        replace("proc/self/mountinfo", "35 31 0:32 / ", "35 31 0:32 " + mounted + " ");
        Path top = root.resolve("sys/fs/cgroup/memory");
        try (Stream<Path> files = Files.list(top.resolve("app"))) {
            for (Path file : files.toList()) {
                Files.move(file, top.resolve(file.getFileName()));
            }
        }

        assertThat(sample().anonBytes()).isEqualTo(71_495_680);
    }

    @Test
    void findsAGroupBelowTheOneThatIsMounted() throws IOException {
        copy("v1");
        replace("proc/self/cgroup", ":memory:/app", ":memory:/kubepods/pod1/c1/app");
        replace("proc/self/mountinfo", "35 31 0:32 / ", "35 31 0:32 /kubepods/pod1/c1 ");

        assertThat(sample().anonBytes()).isEqualTo(71_495_680);
    }

    @Test
    void doesWithoutWhatOlderKernelsLack() throws IOException {
        copy("v2");
        Files.delete(root.resolve("sys/fs/cgroup/memory.peak"));
        Files.delete(root.resolve("sys/fs/cgroup/memory.pressure"));
        replace("sys/fs/cgroup/memory.stat", "kernel 528384\n", "");

        assertThat(sample().peakBytes()).isZero();
        assertThat(sample().pressureSome10()).isEmpty();
        assertThat(sample().kernelBytes()).isEqualTo(298_864);
    }

    @Test
    void thereIsNoAccountOutsideOfGroups() throws IOException {
        copy("v2");
        Files.delete(root.resolve("sys/fs/cgroup/memory.current")); // as in the topmost group

        assertThat(Cgroup.find(root).sample()).isEmpty();
    }

    @Test
    void saysWhichFileItDoesNotUnderstand() throws IOException {
        copy("v2");
        Cgroup cgroup = Cgroup.find(root);
        write("sys/fs/cgroup/memory.current", "lots\n");
        assertThatThrownBy(cgroup::sample)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("memory.current holds 'lots'");

        write("sys/fs/cgroup/memory.current", "5\n");
        write("sys/fs/cgroup/memory.stat", "anon 5\n");
        assertThatThrownBy(cgroup::sample)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("memory.stat has no line 'file'");
    }

    @Test
    void readsTheGroupOfThisProcess() throws IOException {
        Cgroup.ofThisProcess().sample().ifPresent(sample -> {
            assertThat(sample.anonBytes()).isPositive();
            assertThat(sample.currentBytes()).isGreaterThanOrEqualTo(sample.anonBytes() / 2);
        });
    }
}
