/** Tests of what is installed in a cluster: the Helm chart. */
@NullMarked
package io.sqlitereplica.deploy;

import org.jspecify.annotations.NullMarked;
