/**
 * Where a replica is kept: a folder or a prefix in an S3 bucket, both behind {@link
 * io.sqlitereplica.sidecar.storage.ReplicaStore}. Every file is written at most once and appears whole or not at all.
 *
 * <p>Beside the files there is {@code owner.json}, which says who may write ({@link
 * io.sqlitereplica.sidecar.storage.OwnerRecord}): the only thing that is ever replaced, and only by one who knows what is
 * there. Litestream looks into the folders of the levels only and does not see it.
 */
@NullMarked
package io.sqlitereplica.sidecar.storage;

import org.jspecify.annotations.NullMarked;
