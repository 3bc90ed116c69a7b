/** Tests of the asking of sidecars. */
@NullMarked
package io.sqlitereplica.operator.poll;

import org.jspecify.annotations.NullMarked;
