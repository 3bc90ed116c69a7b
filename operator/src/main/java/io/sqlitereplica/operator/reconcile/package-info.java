/** The reconciler: observes a SqliteReplica and its pods, validates, writes what the sidecars read, and the status. */
@NullMarked
package io.sqlitereplica.operator.reconcile;

import org.jspecify.annotations.NullMarked;
