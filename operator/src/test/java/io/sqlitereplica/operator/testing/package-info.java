/** What several tests of the operator share. */
@NullMarked
package io.sqlitereplica.operator.testing;

import org.jspecify.annotations.NullMarked;
