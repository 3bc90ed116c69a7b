/**
 * Decides what becomes of a pod that asks for a sidecar, and adds it: a pure function of the pod, its SqliteReplica and
 * what is known of the pod's workload.
 */
@NullMarked
package io.sqlitereplica.operator.inject;

import org.jspecify.annotations.NullMarked;
