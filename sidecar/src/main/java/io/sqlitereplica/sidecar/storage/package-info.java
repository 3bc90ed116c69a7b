/**
 * Where a replica is kept: a folder or a prefix in an S3 bucket, both behind {@link
 * io.sqlitereplica.sidecar.storage.ReplicaStore}. Every file is written at most once and appears whole or not at all.
 */
@NullMarked
package io.sqlitereplica.sidecar.storage;

import org.jspecify.annotations.NullMarked;
