package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.LtxTrailer;
import io.sqlitereplica.sidecar.ltx.PageChecksum;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.ltx.WalRange;
import io.sqlitereplica.sidecar.state.Position;
import io.sqlitereplica.sidecar.storage.ReplicaFile;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class LineageTest {
    private static final long OURS = 0x1234567L;
    private static final long THEIRS = 0x7654321L;
    private static final long CHECKSUM = PageChecksum.FLAG | 77;
    private static final String LOCATION = "file:/backups/app";

    private static Optional<RemoteFile> newest(long txId, long writer, boolean noChecksum, long checksum) {
        TxId id = new TxId(txId);
        LtxHeader header = new LtxHeader(
                4096,
                10,
                id,
                id,
                Instant.EPOCH,
                noChecksum,
                noChecksum || txId == 1 ? 0 : PageChecksum.FLAG,
                WalRange.NONE,
                writer);
        return Optional.of(new RemoteFile(
                new ReplicaFile(0, LtxFileName.of(id), 1000, Instant.EPOCH),
                header,
                new LtxTrailer(noChecksum ? 0 : checksum, PageChecksum.FLAG | 5)));
    }

    private static Optional<Lineage.Known> known(long txId, long uploaded) {
        Position position = new Position(new TxId(txId), Instant.EPOCH, PageChecksum.FLAG | txId, 4096, 10, 5, null);
        return Optional.of(new Lineage.Known(position, new TxId(uploaded), OptionalLong.of(CHECKSUM)));
    }

    private static Lineage of(Optional<RemoteFile> newest, Optional<Lineage.Known> known) {
        return Lineage.of(newest, known, OURS, LOCATION);
    }

    @Test
    void beginsInAnEmptyDestination() {
        assertThat(of(Optional.empty(), Optional.empty()))
                .isInstanceOfSatisfying(
                        Lineage.WholeDatabase.class,
                        whole -> assertThat(whole.after()).isEmpty());
    }

    @Test
    void beginsAnewWhenTheDestinationIsEmpty() {
        assertThat(of(Optional.empty(), known(9, 7))).isInstanceOfSatisfying(Lineage.WholeDatabase.class, whole -> {
            assertThat(whole.after()).isEmpty();
            assertThat(whole.rowsLost()).isFalse();
        });
    }

    @Test
    void comparesWhenItKnowsNothingOfAReplica() {
        assertThat(of(newest(9, THEIRS, false, CHECKSUM), Optional.empty())).isInstanceOf(Lineage.Compare.class);
    }

    @Test
    void shipsTheWholeDatabaseBehindItsOwnReplicaWhoseStateWasLost() {
        assertThat(of(newest(9, OURS, false, CHECKSUM), Optional.empty()))
                .isInstanceOfSatisfying(
                        Lineage.WholeDatabase.class,
                        whole -> assertThat(whole.lastTxId()).isEqualTo(new TxId(9)));
    }

    @Test
    void shipsTheWholeDatabaseBehindAnotherProgramsReplica() {
        assertThat(of(newest(9, 0, true, 0), Optional.empty()))
                .isInstanceOfSatisfying(
                        Lineage.WholeDatabase.class,
                        whole -> assertThat(whole.lastTxId()).isEqualTo(new TxId(9)));
        assertThat(of(newest(12, 0, true, 0), known(9, 9)))
                .isInstanceOfSatisfying(
                        Lineage.WholeDatabase.class,
                        whole -> assertThat(whole.lastTxId()).isEqualTo(new TxId(12)));
    }

    @Test
    void goesOnBehindWhatItUploaded() {
        assertThat(of(newest(7, OURS, false, CHECKSUM), known(9, 7))).isInstanceOf(Lineage.GoOn.class);
        assertThat(of(newest(7, THEIRS, false, CHECKSUM), known(9, 7)))
                .as("restored")
                .isInstanceOf(Lineage.GoOn.class);
        assertThat(of(newest(7, 0, true, 0), known(7, 7))).as("restored").isInstanceOf(Lineage.GoOn.class);
    }

    @Test
    void goesOnWhenMoreIsUploadedThanItRemembers() {
        assertThat(of(newest(9, OURS, false, CHECKSUM), known(9, 7))).isInstanceOf(Lineage.GoOn.class);
        assertThat(of(newest(8, OURS, false, CHECKSUM), known(9, 7))).isInstanceOf(Lineage.GoOn.class);
    }

    @Test
    void tellsThatRowsWereLostWhenItsOwnReplicaIsAhead() {
        assertThat(of(newest(12, OURS, false, CHECKSUM), known(9, 9)))
                .isInstanceOfSatisfying(Lineage.WholeDatabase.class, whole -> {
                    assertThat(whole.lastTxId()).isEqualTo(new TxId(12));
                    assertThat(whole.rowsLost()).isTrue();
                });
    }

    @Test
    void shipsTheWholeDatabaseWhenTheNewestFilesAreGone() {
        assertThat(of(newest(5, OURS, false, CHECKSUM), known(9, 7)))
                .isInstanceOfSatisfying(Lineage.WholeDatabase.class, whole -> {
                    assertThat(whole.lastTxId()).isEqualTo(new TxId(5));
                    assertThat(whole.rowsLost()).isFalse();
                });
    }

    @Test
    void shipsTheWholeDatabaseWhenItsOwnNewestFileIsNotWhatItKnows() {
        assertThat(of(newest(7, OURS, false, CHECKSUM + 1), known(9, 7)))
                .isInstanceOfSatisfying(
                        Lineage.WholeDatabase.class,
                        whole -> assertThat(whole.lastTxId()).isEqualTo(new TxId(7)));
    }

    @Test
    void isForeignWhenAnotherSidecarWrote() {
        assertThat(of(newest(7, THEIRS, false, CHECKSUM + 1), known(7, 7))).isInstanceOf(Lineage.Foreign.class);
        assertThat(of(newest(5, THEIRS, false, CHECKSUM), known(7, 7))).isInstanceOf(Lineage.Foreign.class);
        assertThat(of(newest(8, THEIRS, false, CHECKSUM), known(9, 7))).isInstanceOf(Lineage.Foreign.class);
        assertThat(of(newest(12, THEIRS, false, CHECKSUM), known(7, 7)))
                .isInstanceOfSatisfying(
                        Lineage.Foreign.class,
                        foreign -> assertThat(foreign.message())
                                .contains(LOCATION)
                                .contains("000000000000000c")
                                .contains("writer 0000000007654321"));
    }
}
