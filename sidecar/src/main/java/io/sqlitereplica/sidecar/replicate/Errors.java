package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.restore.ReplicaDamagedException;
import io.sqlitereplica.sidecar.restore.ReplicaHoleException;
import io.sqlitereplica.sidecar.restore.RestoreException;
import io.sqlitereplica.sidecar.restore.RestorePointException;
import io.sqlitereplica.sidecar.state.StateLockedException;
import io.sqlitereplica.sidecar.storage.StoreException;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException;

/** What to tell people of an exception. */
final class Errors {
    private Errors() {}

    /** Our own messages say all that is needed; with others it helps to know what they are. */
    static String message(Throwable e) {
        String message = e.getMessage();
        return message != null && speaksForItself(e) ? message : e.toString();
    }

    /** It was expected, and its message is for people. */
    static boolean speaksForItself(Throwable e) {
        return e instanceof StoreException
                || e instanceof DatabaseRefusedException
                || e instanceof BrokenOffException
                || e instanceof StateLockedException
                || e instanceof RestoreException
                || e instanceof RestorePointException
                || e instanceof ReplicaHoleException
                || e instanceof ReplicaDamagedException;
    }
}
