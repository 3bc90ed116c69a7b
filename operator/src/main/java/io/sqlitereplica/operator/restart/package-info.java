/** Restarts of sidecars: when one is due, which pod is next, why it is held back, and the act itself. */
@NullMarked
package io.sqlitereplica.operator.restart;

import org.jspecify.annotations.NullMarked;
