package io.sqlitereplica.sidecar.restore;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RestoreCrashTest {
    @TempDir
    private Path folder;

    @Test
    void leavesNoDatabaseOrAWholeOneWhereverItDies() throws Exception {
        ModelReplica model = new ModelReplica(folder.resolve("replica"), 4096, true);
        Files.createDirectory(folder.resolve("replica"));
        Random random = new Random(20261123);
        for (int tx = 1; tx <= 4; tx++) {
            model.commitRandomly(random, 100);
            model.write(tx == 1 ? 9 : 0, tx, tx);
        }
        Path data = Files.createDirectory(folder.resolve("data"));
        Path target = data.resolve("app.db");
        Path wal = data.resolve("app.db-wal");

        int died = 0;
        for (int step = 1; !Files.exists(target); step++) {
            Files.writeString(wal, "old");

            int code = restoreAndDieAt(step, target);

            if (code == 137) {
                died++;
                assertThat(target).doesNotExist();
                assertThat(wal).hasContent("old");
            } else {
                assertThat(code).isZero();
            }
        }

        assertThat(died).isEqualTo(5);
        assertThat(Files.readAllBytes(target)).isEqualTo(model.database(4));
        assertThat(filesIn(data)).hasSize(2).allMatch(name -> name.equals("app.db") || name.endsWith(".aside"));
    }

    @Test
    void leavesNothingBehindWhenItIsInterrupted() throws Exception {
        ModelReplica model = new ModelReplica(Files.createDirectory(folder.resolve("replica")), 512, true);
        model.commitRandomly(new Random(5), 100);
        model.write(9, 1, 1);
        Path data = Files.createDirectory(folder.resolve("data"));

        assertThat(restoreAndDieAt(1, data.resolve("app.db"), "130")).isEqualTo(130);

        assertThat(filesIn(data)).isEmpty();
    }

    @Test
    void aRestoreAfterACrashStartsAfresh() throws Exception {
        ModelReplica model = new ModelReplica(folder.resolve("replica"), 512, true);
        Files.createDirectory(folder.resolve("replica"));
        Random random = new Random(4);
        for (int tx = 1; tx <= 3; tx++) {
            model.commitRandomly(random, 100);
            model.write(tx == 1 ? 9 : 0, tx, tx);
        }
        Path data = Files.createDirectory(folder.resolve("data"));
        Path target = data.resolve("app.db");
        assertThat(restoreAndDieAt(3, target)).isEqualTo(137);
        assertThat(filesIn(data)).containsExactly(".app.db-restoring");
        model.commitRandomly(random, 10);
        model.write(9, 1, 4);

        BufferPool pool = new BufferPool(0);
        FileReplicaStore store = new FileReplicaStore(folder.resolve("replica"), pool);
        assertThat(Restore.to(RestorePoint.NEWEST, store, target, null, pool, Progress.Listener.NONE))
                .isPresent();

        assertThat(Files.readAllBytes(target)).isEqualTo(model.database(4));
        assertThat(filesIn(data)).containsExactly("app.db");
    }

    private int restoreAndDieAt(int step, Path target, String... more) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                RestoreProbe.class.getName(),
                folder.resolve("replica").toString(),
                target.toString(),
                Integer.toString(step)));
        command.addAll(List.of(more));
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static List<String> filesIn(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
