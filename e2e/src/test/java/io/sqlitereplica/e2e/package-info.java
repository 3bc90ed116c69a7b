/** Tests on a real cluster, with the chart installed as a user would. */
@NullMarked
package io.sqlitereplica.e2e;

import org.jspecify.annotations.NullMarked;
