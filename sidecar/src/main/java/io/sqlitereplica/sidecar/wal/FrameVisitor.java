package io.sqlitereplica.sidecar.wal;

import java.io.IOException;

/** Is told of each frame while the log is read. */
@FunctionalInterface
public interface FrameVisitor {
    /**
     * A frame, in the order of the log. What was visited counts only when the reading ends without an exception.
     *
     * @param pageNumber the page it holds, from 1
     * @param frame its number in the log, from 1, for {@link WalDatabase#readFrame}
     */
    void frame(int pageNumber, int frame) throws IOException;
}
