/**
 * Compaction: files of many syncs become files of fewer, so that a restore between two snapshots reads few of them.
 *
 * <p>Each level has a time span: by default 30 seconds, 5 minutes and an hour for the levels 1 to 3, as Litestream has them.
 * When such a span of time is over, what the levels below have of it is merged into files of that level ({@link
 * io.sqlitereplica.sidecar.compact.ReplicaTail}), at most 8 at a time and never across the end of a span: so the points that
 * can be restored are at most a span apart, however old they are. What is alone in its span stays where it is, and what is
 * large already is not copied upward.
 *
 * <p>A merged file has the places of its inputs in the replica's chain (see the package {@code replicate}), so it is right
 * whoever writes it, and a name that exists already has the same content. A crash leaves the inputs, or them and the
 * result. Nothing is asked of the destination while nothing is written to it: what there is to be merged is known from the
 * uploads, but for one listing after a start.
 */
@NullMarked
package io.sqlitereplica.sidecar.compact;

import org.jspecify.annotations.NullMarked;
