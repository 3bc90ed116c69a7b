package io.sqlitereplica.sidecar.replicate;

import io.sqlitereplica.sidecar.storage.StoreException;
import io.sqlitereplica.sidecar.wal.DatabaseRefusedException;

/** What to tell people of an exception. */
final class Errors {
    private Errors() {}

    /** Our own messages say all that is needed; with others it helps to know what they are. */
    static String message(Throwable e) {
        String message = e.getMessage();
        boolean ours = e instanceof StoreException || e instanceof DatabaseRefusedException;
        return message != null && ours ? message : e.toString();
    }
}
