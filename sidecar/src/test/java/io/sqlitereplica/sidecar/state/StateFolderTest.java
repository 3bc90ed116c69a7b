package io.sqlitereplica.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFolderTest {
    @TempDir
    private Path temporary;

    private Path folder;

    @BeforeEach
    void nameFolder() {
        folder = StateFolder.beside(temporary.resolve("orders.db"));
    }

    @Test
    void isBesideTheDatabase() {
        assertThat(folder).isEqualTo(temporary.resolve(".orders.db-sqlitereplica"));
    }

    @Test
    void startsWithoutAPositionAndKeepsItsWriterId() throws Exception {
        long writer;
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).isEmpty();
            assertThat(state.findings()).isEmpty();
            writer = state.writerId();
            assertThat(writer).isNotZero();
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.writerId()).isEqualTo(writer);
        }
    }

    @Test
    void isForOneSidecarOnly() throws Exception {
        try (StateFolder _ = StateFolder.open(folder)) {
            assertThatExceptionOfType(StateLockedException.class)
                    .isThrownBy(() -> StateFolder.open(folder))
                    .withMessageContaining("Another sidecar");
        }
        StateFolder.open(folder).close();
    }

    @Test
    void takesStepsAndKeepsThem() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("StateFolderTest seed " + seed);
        Random random = new Random(seed);
        StepMaker steps = new StepMaker(random);
        StateFolder state = StateFolder.open(folder);
        for (int i = 0; i < 60; i++) {
            Position position = steps.take(state);
            if (random.nextInt(3) == 0) {
                state.close();
                state = StateFolder.open(folder);
                assertThat(state.findings()).isEmpty();
            }
            assertThat(state.position()).contains(position);
            steps.assertPages(state);
            if (random.nextBoolean() && state.staged().oldest().isPresent()) {
                state.staged().deleteOldest();
            }
            assertThat(state.staged().bytes()).isEqualTo(bytesOf("*.ltx"));
        }
        state.close();
    }

    @Test
    void takesAnUploadedStepOnlyWhenConfirmed() throws Exception {
        StepMaker steps = new StepMaker(new Random(1));
        Position confirmed = steps.next();
        LtxFileName name = new LtxFileName(new TxId(1), confirmed.txId());
        try (StateFolder state = StateFolder.open(folder)) {
            steps.upload(state, confirmed, name);
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).isEmpty();
            assertThat(state.unconfirmed())
                    .contains(new Unconfirmed(confirmed, new Completion.Uploaded(9, name, PageChecksum.FLAG | 5)));
            state.confirm();
            assertThat(state.position()).contains(confirmed);
            steps.assertPages(state);

            steps.upload(state, steps.next(), name);
        }
        try (StateFolder state = StateFolder.open(folder)) {
            state.discard();
            assertThat(state.position()).contains(confirmed);
            assertThat(state.unconfirmed()).isEmpty();
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.unconfirmed()).isEmpty();
            assertThat(state.position()).contains(confirmed);
        }
    }

    @Test
    void leavesNothingOfAStepThatWasGivenUp() throws Exception {
        StepMaker steps = new StepMaker(new Random(2));
        try (StateFolder state = StateFolder.open(folder)) {
            Position position = steps.take(state);
            try (NextPosition next = state.next()) {
                next.page(1, PageChecksum.FLAG);
            }
            assertThat(state.position()).contains(position);
            assertThat(folder.resolve("position.next")).doesNotExist();
        }
    }

    @Test
    void forgetsPagesThatDoNotGiveTheChecksumOfTheDatabase() throws Exception {
        StepMaker steps = new StepMaker(new Random(3));
        Position position;
        try (StateFolder state = StateFolder.open(folder)) {
            position = steps.take(state);
        }
        byte[] pages = Files.readAllBytes(folder.resolve("pages"));
        pages[pages.length - 1] ^= 1;
        Files.write(folder.resolve("pages"), pages);

        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).contains(position.withoutWal());
            assertThat(state.findings()).singleElement().asString().contains("shipped again");
            assertThat(state.pages().get(1)).isZero();
            assertThat(state.pages().pageCount()).isEqualTo(position.pageCount());
        }
    }

    @Test
    void takesPagesThatPowerLossLeftAsZerosForUnknown() throws Exception {
        StepMaker steps = new StepMaker(new Random(3));
        Position position;
        try (StateFolder state = StateFolder.open(folder)) {
            position = steps.take(state);
        }
        byte[] pages = Files.readAllBytes(folder.resolve("pages"));
        Arrays.fill(pages, 0, 8, (byte) 0);
        Files.write(folder.resolve("pages"), pages);

        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).contains(position);
            assertThat(state.pages().databaseChecksum(position.pageSize())).isEmpty();
        }
    }

    @Test
    void movesATornPositionAsideAndStartsAnew() throws Exception {
        StepMaker steps = new StepMaker(new Random(4));
        try (StateFolder state = StateFolder.open(folder)) {
            steps.take(state);
            steps.take(state);
        }
        Files.write(folder.resolve("position"), new byte[600]);
        for (int i = 0; i < 2; i++) {
            try (StateFolder state = StateFolder.open(folder)) {
                assertThat(state.position()).isEmpty();
                assertThat(state.staged().oldest()).isEmpty();
                assertThat(state.pages().pageCount()).isZero();
                assertThat(state.findings()).hasSize(i == 0 ? 1 : 0);
            }
        }
        assertThat(folder.resolve("unusable/position")).exists();
    }

    @Test
    void movesAStateWithAMissingStagedFileAside() throws Exception {
        StepMaker steps = new StepMaker(new Random(5));
        try (StateFolder state = StateFolder.open(folder)) {
            steps.take(state);
            Position middle = steps.take(state);
            steps.take(state);
            Files.delete(state.staged().path(middle.txId()));
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).isEmpty();
            assertThat(state.findings()).singleElement().asString().contains("missing");
        }
    }

    @Test
    void goesBackWhenStagedFilesAreDropped() throws Exception {
        StepMaker steps = new StepMaker(new Random(6));
        Position kept;
        try (StateFolder state = StateFolder.open(folder)) {
            steps.take(state);
            state.staged().deleteOldest();
            kept = steps.take(state);
            steps.take(state);
            steps.take(state);
            state.dropStagedAfter(kept, visitor -> {
                visitor.visit(1);
                visitor.visit(1_000_000);
            });
            assertThat(state.position()).contains(kept.withoutWal());
            assertThat(state.staged().oldest()).contains(kept.txId());
            assertThat(state.staged().newest()).contains(kept.txId());
            assertThat(state.staged().bytes()).isEqualTo(bytesOf("*.ltx"));
            assertThat(state.pages().get(1)).isZero();
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).contains(kept.withoutWal());
            assertThat(state.findings()).isEmpty();
            assertThat(state.staged().newest()).contains(kept.txId());
        }
    }

    @Test
    void forgetsPagesWhenAsked() throws Exception {
        StepMaker steps = new StepMaker(new Random(6));
        Position position;
        try (StateFolder state = StateFolder.open(folder)) {
            position = steps.take(state);
            state.forgetPages();
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).contains(position);
            assertThat(state.findings()).isEmpty();
            assertThat(state.pages().get(1)).isZero();
        }
    }

    @Test
    void installsATableMadeElsewhere() throws Exception {
        StepMaker steps = new StepMaker(new Random(7));
        StepMaker others = new StepMaker(new Random(8));
        Position installed = others.next();
        try (StateFolder state = StateFolder.open(folder)) {
            steps.take(state);
            Path table = state.spillFolder().resolve("table");
            try (PageTable pages = PageTable.open(table)) {
                others.fill(pages);
                pages.force();
            }
            state.install(table, installed);
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).contains(installed);
            others.assertPages(state);
            assertThat(state.findings()).isEmpty();
        }
    }

    @Test
    void keepsWhatALaterVersionLeftWholeAndSaysSo() throws Exception {
        StepMaker steps = new StepMaker(new Random(3));
        try (StateFolder state = StateFolder.open(folder)) {
            steps.take(state);
        }
        byte[] later = Files.readAllBytes(folder.resolve("position"));
        later["SqliteReplica position, version ".length()] = '2';
        byte[] pages = Files.readAllBytes(folder.resolve("pages"));
        for (String file : new String[] {"position", "position.next"}) {
            Files.deleteIfExists(folder.resolve("position"));
            Files.write(folder.resolve(file), later);
            try (StateFolder state = StateFolder.open(folder)) {
                assertThat(state.position()).isEmpty();
                assertThat(state.staged().oldest()).isEmpty();
                assertThat(state.findings())
                        .singleElement()
                        .asString()
                        .contains("later version")
                        .contains("version-2");
            }
        }
        assertThat(folder.resolve("version-2/position")).hasBinaryContent(later);
        assertThat(folder.resolve("version-2/pages")).hasBinaryContent(pages);
        assertThat(folder.resolve("version-2/" + LtxFileName.of(new TxId(1)))).exists();
        assertThat(folder.resolve("version-2-2/position.next")).hasBinaryContent(later);
    }

    @Test
    void emptiesItsSpillFolderAndTemporaryFiles() throws Exception {
        try (StateFolder state = StateFolder.open(folder)) {
            Files.writeString(state.spillFolder().resolve("a"), "x");
            Files.writeString(
                    Files.createDirectory(state.spillFolder().resolve("verification"))
                            .resolve("pages"),
                    "x");
            Files.writeString(state.temporaryFile(), "x");
        }
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.spillFolder()).isEmptyDirectory();
            assertThat(state.temporaryFile()).doesNotExist();
        }
    }

    private long bytesOf(String glob) throws IOException {
        long bytes = 0;
        try (var files = Files.newDirectoryStream(folder, glob)) {
            for (Path file : files) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /** Every state that a crash can leave within one step leads to the position before it or behind it. */
    @Test
    void endsBeforeOrAfterAStepWhereverItWasCutOff() throws Exception {
        StepMaker steps = new StepMaker(new Random(9));
        Path before = temporary.resolve("before");
        Path after = temporary.resolve("after");
        Position first;
        Position second;
        long[] pagesBefore;
        try (StateFolder state = StateFolder.open(folder)) {
            first = steps.take(state);
            pagesBefore = steps.pages();
            copy(folder, before);
            second = steps.take(state);
            copy(folder, after);
        }
        String file = LtxFileName.of(second.txId()).toString();
        byte[] oldPages = Files.readAllBytes(before.resolve("pages"));
        byte[] newPages = Files.readAllBytes(after.resolve("pages"));
        byte[] next = Files.readAllBytes(after.resolve("position"));

        for (int cut = 0; cut < next.length; cut += 31) {
            restart(before);
            Files.write(folder.resolve("staging.tmp"), new byte[10]);
            Files.write(folder.resolve("position.next"), Arrays.copyOf(next, cut));
            assertState("position.next cut at " + cut, first, pagesBefore);

            restart(before);
            Files.copy(after.resolve(file), folder.resolve(file));
            Files.write(folder.resolve("position.next"), Arrays.copyOf(next, cut));
            assertState("position.next cut at " + cut + ", staged", first, pagesBefore);
        }
        restart(before);
        Files.write(folder.resolve("position.next"), next);
        assertState("not staged yet", first, pagesBefore);

        for (int cut = 0; cut <= newPages.length; cut += 8) {
            restart(before);
            Files.copy(after.resolve(file), folder.resolve(file));
            Files.write(folder.resolve("position.next"), next);
            byte[] mixed = Arrays.copyOf(oldPages, newPages.length);
            System.arraycopy(newPages, 0, mixed, 0, cut);
            Files.write(folder.resolve("pages"), mixed);
            assertState("pages half written", second, steps.pages());
        }
        restart(after);
        assertState("done", second, steps.pages());
    }

    private void restart(Path from) throws IOException {
        deleteFiles(folder);
        copy(from, folder);
    }

    private static void deleteFiles(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, Files::isRegularFile)) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (var files = Files.newDirectoryStream(from, Files::isRegularFile)) {
            for (Path file : files) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private void assertState(String when, Position expected, long[] pages) throws IOException {
        try (StateFolder state = StateFolder.open(folder)) {
            assertThat(state.position()).as(when).contains(expected);
            assertThat(state.findings()).as(when).isEmpty();
            assertThat(state.staged().newest()).as(when).contains(expected.txId());
            assertThat(state.pages().pageCount()).as(when).isEqualTo(pages.length);
            for (int page = 1; page <= pages.length; page++) {
                assertThat(state.pages().get(page)).as(when).isEqualTo(pages[page - 1]);
            }
        }
        assertThat(folder.resolve("position.next")).doesNotExist();
        assertThat(folder.resolve("staging.tmp")).doesNotExist();
    }
}
