/** Tests of the restarts of sidecars. */
@NullMarked
package io.sqlitereplica.operator.restart;

import org.jspecify.annotations.NullMarked;
