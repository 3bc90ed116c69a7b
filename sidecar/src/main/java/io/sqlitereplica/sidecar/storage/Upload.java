package io.sqlitereplica.sidecar.storage;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/**
 * A file on its way into a replica. Nothing of it can be seen before {@link #commit}. For one thread.
 *
 * <p>It holds buffers of the pool until it is closed.
 */
public interface Upload extends WritableByteChannel {
    /**
     * Makes the file appear, whole and durable, unless one of that name is there already. Called once, after the last
     * byte; after a failure only {@link #close} is left.
     */
    CreateResult commit() throws IOException;

    /**
     * Ends the upload and gives its buffers back. Without a commit nothing is left of it; where even that fails, a
     * warning is logged.
     */
    @Override
    void close();
}
