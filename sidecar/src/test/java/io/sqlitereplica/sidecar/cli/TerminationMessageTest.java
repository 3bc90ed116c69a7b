package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TerminationMessageTest {
    @TempDir
    private Path folder;

    @Test
    void cutsWhatTheKubeletWouldNotKeepAtACharacter() throws IOException {
        Path file = folder.resolve("termination-log");

        TerminationMessage.write(file, "x" + "ä".repeat(4000));

        assertThat(Files.readString(file)).isEqualTo("x" + "ä".repeat(2047));
    }

    @Test
    void doesWithoutAFileThatCannotBeWritten() {
        TerminationMessage.write(folder, "too bad");

        assertThat(folder).isDirectory();
    }
}
