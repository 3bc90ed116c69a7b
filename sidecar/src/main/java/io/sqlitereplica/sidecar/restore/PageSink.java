package io.sqlitereplica.sidecar.restore;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes the pages of a replica. */
interface PageSink {
    /** Takes the newest version so far of a page: the remaining bytes. */
    void page(int number, ByteBuffer page) throws IOException;

    /** The database has so many pages now; those behind are cut off. */
    void resize(int pageSize, long pages) throws IOException;
}
