/** Tests of the operator as a whole. */
@NullMarked
package io.sqlitereplica.operator;

import org.jspecify.annotations.NullMarked;
