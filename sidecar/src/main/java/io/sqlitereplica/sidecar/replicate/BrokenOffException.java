package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.storage.OwnerRecord;
import java.io.IOException;

/**
 * A step was broken off, and something else is to be done. An {@link IOException} so that it passes through {@link
 * io.sqlitereplica.sidecar.wal.Stager}.
 */
abstract sealed class BrokenOffException extends IOException {
    private static final long serialVersionUID = 1L;

    private BrokenOffException(String message) {
        super(message);
    }

    /** The replicator stops. */
    static final class Stopped extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("The replicator stops");
        }
    }

    /** Only a comparison of the whole database with the replica tells what is to be shipped. */
    static final class ResyncNeeded extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        ResyncNeeded(String reason) {
            super(reason);
        }
    }

    /** What is staged has no room left, and the destination fails. */
    static final class NoRoom extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        NoRoom(String message) {
            super(message);
        }
    }

    /** The file that is being staged has become larger than there is room for. */
    static final class TooLarge extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        TooLarge() {
            super("The transaction is larger than what may be staged");
        }
    }

    /** The destination is not where the state folder says. */
    static final class LineageBroken extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        private final transient Lineage lineage;

        LineageBroken(Lineage lineage) {
            super(lineage.toString());
            this.lineage = lineage;
        }

        /** Not {@link Lineage.GoOn}. */
        Lineage lineage() {
            return lineage;
        }
    }

    /** The destination has been taken over. */
    static final class Fenced extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        private final transient OwnerRecord owner;

        Fenced(OwnerRecord owner) {
            super("The destination was taken over by " + owner);
            this.owner = owner;
        }

        /** Who has it now. */
        OwnerRecord owner() {
            return owner;
        }
    }

    /** The destination can never be used as it is. */
    static final class Unusable extends BrokenOffException {
        private static final long serialVersionUID = 1L;

        Unusable(String message) {
            super(message);
        }
    }
}
