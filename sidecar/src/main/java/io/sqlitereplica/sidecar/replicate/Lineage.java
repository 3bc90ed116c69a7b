package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.ltx.LtxHeader;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.state.Position;
import java.util.HexFormat;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Whether what the destination has is the history of this database: decided from the newest file there, before anything
 * is added to it.
 */
sealed interface Lineage {
    /** The destination is where the state folder says. */
    record GoOn() implements Lineage {}

    /**
     * Ship the whole database as the next TXID: older points stay.
     *
     * @param after the newest file in the destination, if there is one and it was looked for
     * @param rowsLost the destination has transactions that the database does not have
     */
    record WholeDatabase(Optional<RemoteFile> after, String reason, boolean rowsLost) implements Lineage {
        /** The newest TXID in the destination. */
        TxId lastTxId() {
            return after.map(file -> file.header().maxTxId()).orElse(TxId.ZERO);
        }
    }

    /** Go on if the local database is what the newest file leads to, else it is foreign. */
    record Compare(RemoteFile newest) implements Lineage {}

    /** Somebody else's: what is done about it is the {@link OnDivergence} policy's. */
    record Foreign(RemoteFile newest, String message) implements Lineage {}

    /** Nothing can be added to it, whatever the policy. */
    record Refused(String message) implements Lineage {}

    /** What is to be done about it under a policy. */
    default Lineage under(OnDivergence policy) {
        return this instanceof Foreign(RemoteFile newest, var _) && policy == OnDivergence.KEEP_LOCAL
                ? whole(newest, "it has another history, and restore.onDivergence is KeepLocal", true)
                : this;
    }

    /**
     * Where the state folder says that the replica is.
     *
     * @param position the newest, staged or uploaded
     * @param uploaded the newest TXID that is uploaded, as far as is known
     * @param uploadedChecksum of the database at that TXID; empty: the staged file that has it is damaged
     */
    record Known(Position position, TxId uploaded, OptionalLong uploadedChecksum) {
        /** Nothing is staged. */
        static Known uploaded(Position position) {
            return new Known(position, position.txId(), OptionalLong.of(position.databaseChecksum()));
        }

        /** What a file leads to may be the database at that TXID: if it is not known, the upload behind it tells. */
        private boolean isReachedBy(RemoteFile file) {
            return file.header().noChecksum()
                    || uploadedChecksum.isEmpty()
                    || file.trailer().postApplyChecksum() == uploadedChecksum.getAsLong();
        }
    }

    /**
     * Decides.
     *
     * @param writerId of the state folder
     */
    static Lineage of(Optional<RemoteFile> newest, Optional<Known> known, long writerId, String location) {
        if (newest.isEmpty()) {
            return new WholeDatabase(
                    newest,
                    known.isEmpty() ? "the destination is empty" : "the destination has lost the replica",
                    false);
        }
        RemoteFile remote = newest.get();
        return known.isEmpty() ? unknown(remote, writerId) : known(remote, known.get(), writerId, location);
    }

    private static Lineage unknown(RemoteFile remote, long writerId) {
        if (remote.header().nodeId() == writerId) {
            return whole(remote, "the state of this replica was lost", false);
        }
        if (remote.header().noChecksum()) {
            return whole(remote, "the replica was made by another program", false);
        }
        return new Compare(remote);
    }

    private static Lineage known(RemoteFile remote, Known known, long writerId, String location) {
        LtxHeader header = remote.header();
        TxId last = header.maxTxId();
        boolean ours = header.nodeId() == writerId;
        int order = last.compareTo(known.uploaded());
        if (order == 0) {
            if (known.isReachedBy(remote)) {
                return new GoOn();
            }
            return ours
                    ? whole(remote, "the newest file there is not what the state folder says", false)
                    : new Foreign(remote, foreign(remote, location, "is not what this sidecar has uploaded"));
        }
        if (order > 0 && last.compareTo(known.position().txId()) <= 0 && ours) {
            return new GoOn(); // uploaded, but not deleted here before a crash: the upload will find them
        }
        if (header.noChecksum()) {
            return whole(remote, "another program has added to the replica", false);
        }
        if (!ours) {
            return new Foreign(remote, foreign(remote, location, "was written by another sidecar"));
        }
        return order > 0
                ? whole(remote, "the database was set back to an earlier state", true)
                : whole(remote, "the destination has lost the newest files", false);
    }

    private static WholeDatabase whole(RemoteFile newest, String reason, boolean rowsLost) {
        return new WholeDatabase(Optional.of(newest), reason, rowsLost);
    }

    /** What is in the way, and the way out. */
    static String foreign(RemoteFile remote, String location, String why) {
        LtxHeader header = remote.header();
        return ("The destination %s has another history: its newest file, %s of level %d (%s, writer %s), %s. Nothing"
            + " was written. Choose an empty destination, or say which of the two shall stay: restore.onDivergence"
            + " KeepLocal or UseReplica")
                .formatted(
                        location,
                        remote.file().name(),
                        remote.file().level(),
                        header.timestamp(),
                        HexFormat.of().toHexDigits(header.nodeId()),
                        why);
    }
}
