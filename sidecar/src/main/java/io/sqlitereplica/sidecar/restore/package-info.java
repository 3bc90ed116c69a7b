/**
 * Turns a replica back into a database: plans which files to take ({@link io.sqlitereplica.sidecar.restore.RestorePlan}),
 * applies them to a file beside the target ({@link io.sqlitereplica.sidecar.restore.Restore}) or to nothing
 * ({@link io.sqlitereplica.sidecar.restore.ReplicaVerifier}), and checks every checksum on the way. {@link
 * io.sqlitereplica.sidecar.restore.Follower} goes on with what comes, while others read.
 */
@NullMarked
package io.sqlitereplica.sidecar.restore;

import org.jspecify.annotations.NullMarked;
