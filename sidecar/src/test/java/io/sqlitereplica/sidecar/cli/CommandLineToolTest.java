package io.sqlitereplica.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineToolTest extends CommandLineFixture {
    @TempDir
    private Path folder;

    private String replica;
    private Path database;

    @BeforeEach
    void findReplica() throws URISyntaxException {
        replica = golden("replica-0.5.18-ps4096");
        database = folder.resolve("app.db");
    }

    @Test
    void helpNamesTheCommandsAndTheExitCodes() {
        assertThat(run("--help")).isZero();

        assertThat(out()).contains("restore", "list", "verify", "version", "Exit codes:", "0     What was asked for");
    }

    @Test
    void printsItsVersion() throws IOException {
        assertThat(run("version")).isZero();

        assertThat(out()).matches("sqlite-replica [0-9]+\\.[0-9]+\\.[0-9]+.* \\(Java 25.*\\)\\R");
        assertThat(VersionCommand.version()).doesNotContain("$");
    }

    @Test
    void asksForACommand() {
        assertThat(run()).isEqualTo(ExitCode.USAGE);

        assertThat(err()).contains("a COMMAND is missing").contains("Try 'sqlite-replica --help'");
    }

    @ParameterizedTest
    @CsvSource({
        "frob,                         Unmatched argument at index 0: 'frob'",
        "list,                         Missing required option: '--from=URL'",
        "restore --from file:/x,       Missing required option: '--to=FILE'",
        "list --from file:/x --frob,   Unknown option: '--frob'",
        "list --from file:x,           the folder is not absolute",
        "list --from ftp://x/y,        is neither a folder",
        "restore --from file:/x --to y --txid 4, --txid: A TXID is 16 lower-case hexadecimal digits: 4",
        "restore --from file:/x --to y --timestamp 2026-11-25, --timestamp: a time with its zone is needed",
        "restore --from file:/x --to y --txid 4 --timestamp 2026-11-25T12:00:00Z, are mutually exclusive",
    })
    void refusesAWrongCommandLine(String line, String reason) {
        assertThat(run(line.split(" +", -1))).isEqualTo(ExitCode.USAGE);

        assertThat(err()).contains(reason).doesNotContain("\tat ");
    }

    @Test
    void restoresADatabase() throws IOException {
        assertThat(run("restore", "--from", replica, "--to", database.toString()))
                .isZero();

        assertThat(out())
                .startsWith("Restored " + database
                        + ": 20.0 KiB, 5 pages, TXID 0000000000000008 of 2026-11-23T01:09:29.605Z, from 2"
                        + " files (2.7 KiB) in ");
        assertThat(Files.size(database)).isEqualTo(20480);
        assertThat(err()).isEmpty();
    }

    @Test
    void saysWhatItWouldRestore() {
        assertThat(run("restore", "--dry-run", "--from", replica, "--to", database.toString()))
                .as(err())
                .isZero();

        assertThat(out())
                .startsWith("Would restore " + database + " to TXID 0000000000000008, from 2 files (2.7 KiB):")
                .contains("level 9  0000000000000001-");
        assertThat(database).doesNotExist();
    }

    @Test
    void printsACompletionScript() {
        assertThat(run("completion")).isZero();

        assertThat(out()).contains("complete -F").contains("sqlite-replica").contains("--timestamp");
    }

    @Test
    void restoresAnOlderState() throws IOException {
        assertThat(run("restore", "--from", replica, "--to", database.toString(), "--txid", "0000000000000001"))
                .as(err())
                .isZero();

        assertThat(out()).contains("TXID 0000000000000001");
    }

    @Test
    void namesThePointsThatItHas() {
        assertThat(run(
                        "restore",
                        "--from",
                        replica,
                        "--to",
                        database.toString(),
                        "--timestamp",
                        "2020-01-01T00:00:00Z"))
                .isEqualTo(ExitCode.FAILURE);

        assertThat(err()).contains("cannot be restored to 2020-01-01T00:00:00Z: it begins at 2026-");
        assertThat(database).doesNotExist();
    }

    @Test
    void restoresAndTellsAboutItAsJson() throws IOException {
        Files.writeString(folder.resolve("app.db-wal"), "left over");

        assertThat(run("restore", "--json", "--from", replica, "--to", database.toString()))
                .isZero();

        assertThat(out())
                .contains("\"database\" : \"" + database + "\"")
                .contains("\"txid\" : \"0000000000000008\"")
                .contains("\"pageCount\" : 5")
                .contains("\"checkedChecksums\" : 0")
                .contains("\"movedAside\" : [ \"" + database + "-wal.");
    }

    @Test
    void saysWhyItDoesNotRestore() throws IOException {
        Files.createFile(database);

        assertThat(run("restore", "--from", replica, "--to", database.toString()))
                .isEqualTo(ExitCode.FAILURE);

        assertThat(err())
                .isEqualToIgnoringNewLines("sqlite-replica: There is a file " + database
                        + " already, and a restore never overwrites: move it away, or restore to another name");
    }

    @Test
    void showsWhereAnErrorCameFromWhenAskedTo() throws IOException {
        Files.createFile(database);

        assertThat(run("--debug", "restore", "--from", replica, "--to", database.toString()))
                .isEqualTo(ExitCode.FAILURE);

        assertThat(err()).contains("\tat io.sqlitereplica.sidecar.restore.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"list", "verify", "restore --to FILE"})
    void tellsAnEmptyDestinationFromAFailure(String command) throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));

        int code = run((command.replace("FILE", database.toString()) + " --from file:" + empty).split(" ", -1));

        assertThat(code).isEqualTo(ExitCode.FAILURE);
        assertThat(err())
                .isEqualToIgnoringNewLines(
                        "sqlite-replica: There is no replica at file:" + empty + ": look whether the prefix is right");
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(empty);
        }
    }

    @Test
    void namesTheReplicasFurtherDown() throws IOException {
        Path above = Path.of(URI.create(replica)).getParent();

        assertThat(run("list", "--from", "file:" + above)).isEqualTo(ExitCode.FAILURE);

        assertThat(err())
                .startsWith("sqlite-replica: There is no replica at file:" + above + ": below it are ")
                .contains(Path.of(URI.create(replica)).getFileName().toString());
    }

    @Test
    void listsWhatThereIsHighestLevelFirst() {
        assertThat(run("list", "--from", replica)).isZero();

        assertThat(out().lines().toList()).satisfies(lines -> {
            assertThat(lines.get(0))
                    .isEqualTo("LEVEL    FILES  FIRST TXID        LAST TXID                BYTES  WRITTEN FROM"
                            + "              UNTIL");
            assertThat(lines.get(1)).startsWith("9            1  0000000000000001  0000000000000001         4970  ");
            assertThat(lines.getLast()).startsWith("0            8  0000000000000001  0000000000000008  ");
        });
    }

    @Test
    void listsEachFileWhenAsked() {
        assertThat(run("list", "--files", "--from", replica)).isZero();

        assertThat(out().lines().toList()).hasSize(20).satisfies(lines -> {
            assertThat(lines.get(1)).startsWith("9            1  0000000000000001  0000000000000001         4970  ");
            assertThat(lines.get(19)).startsWith("0            1  0000000000000008  0000000000000008         1151  ");
        });
    }

    @Test
    void showsAHoleInALevel() throws IOException {
        Path copy = Files.createDirectories(folder.resolve("copy/ltx/0"));
        for (String name : List.of("1-2", "3-3", "5-6", "4-6", "9-9")) {
            String[] ends = name.split("-", -1);
            Files.write(
                    copy.resolve("%016x-%016x.ltx".formatted(Long.parseLong(ends[0]), Long.parseLong(ends[1]))),
                    new byte[10]);
        }

        assertThat(run("list", "--from", "file:" + folder.resolve("copy"))).isZero();

        assertThat(out().lines().skip(1).map(line -> line.substring(0, 64)))
                .containsExactly(
                        "0            4  0000000000000001  0000000000000006           40 ",
                        "0            1  0000000000000009  0000000000000009           10 ");
    }

    @Test
    void listsFilesAsJson() throws URISyntaxException {
        assertThat(run("list", "--json", "--from", golden("checksums-good-ps512")))
                .isZero();

        assertThat(out().replaceAll("\\s", ""))
                .startsWith(
                        "[{\"level\":9,\"files\":1,\"minTxid\":\"0000000000000001\",\"maxTxid\":\"0000000000000007\",\"bytes\":6490,")
                .contains(
                        "},{\"level\":0,\"files\":1,\"minTxid\":\"0000000000000008\",\"maxTxid\":\"0000000000000008\"")
                .endsWith("}]");
    }

    @Test
    void verifiesAReplica() throws URISyntaxException {
        assertThat(run("verify", "--from", golden("checksums-good-ps512"))).isZero();

        assertThat(out()).contains("TXID 0000000000000008").contains("which 2 of the files carry");
    }

    @Test
    void failsToVerifyADamagedReplica() throws URISyntaxException {
        assertThat(run("verify", "--from", golden("checksums-bad-ps512"))).isEqualTo(ExitCode.FAILURE);

        assertThat(out()).isEmpty();
        assertThat(err()).contains("0000000000000008-0000000000000008.ltx").contains("is damaged");
    }

    @Test
    void verifiesAgainstADatabase() throws IOException {
        assertThat(run("restore", "--from", replica, "--to", database.toString()))
                .isZero();
        assertThat(run("verify", "--from", replica, "--against", database.toString()))
                .isZero();
        assertThat(out()).contains("Equal: " + database + " has the same 5 pages");

        try (FileChannel channel = FileChannel.open(database, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[] {1}), 3 * 4096 + 1000);
        }
        assertThat(run("verify", "--from", replica, "--against", database.toString()))
                .isEqualTo(ExitCode.FAILURE);
        assertThat(err()).contains("5 pages, the replica 5; of those that both have, 1 differ, first page 4");

        out.reset();
        assertThat(run("verify", "--json", "--from", replica, "--against", database.toString()))
                .isEqualTo(ExitCode.FAILURE);
        assertThat(out()).contains("\"equal\" : false").contains("\"differentPages\" : 1");
    }

    private static String golden(String name) throws URISyntaxException {
        return "file:"
                + Path.of(Objects.requireNonNull(CommandLineToolTest.class.getResource("/ltx-golden/" + name))
                        .toURI());
    }
}
