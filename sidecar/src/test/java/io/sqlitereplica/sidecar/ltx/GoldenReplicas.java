package io.sqlitereplica.sidecar.ltx;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** The replicas that Litestream wrote, in the test resources. */
final class GoldenReplicas {
    static final Path FOLDER = folder();

    private GoldenReplicas() {}

    private static Path folder() {
        try {
            return Path.of(Objects.requireNonNull(GoldenReplicas.class.getResource("/ltx-golden"))
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every LTX file, including those with database checksums. */
    static List<Path> files() {
        try (Stream<Path> files = Files.walk(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".ltx"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The complete replicas. */
    static List<Path> replicas() {
        try (Stream<Path> folders = Files.list(FOLDER)) {
            return folders.filter(folder -> folder.getFileName().toString().startsWith("replica-"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The files of one level, oldest first. */
    static List<Path> level(Path replica, int level) {
        try (Stream<Path> files = Files.list(replica.resolve("ltx").resolve(Integer.toString(level)))) {
            return files.sorted(Comparator.comparing(GoldenReplicas::name)).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static LtxFileName name(Path file) {
        return LtxFileName.parse(file.getFileName().toString()).orElseThrow();
    }
}
