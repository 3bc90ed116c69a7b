/** Asks the sidecars of the pods how they are: {@code GET /status}. A failed poll is a value, not an exception. */
@NullMarked
package io.sqlitereplica.operator.poll;

import org.jspecify.annotations.NullMarked;
