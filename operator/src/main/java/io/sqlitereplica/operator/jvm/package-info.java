/** From a memory limit to the options of the sidecar's JVM: a pure function. */
@NullMarked
package io.sqlitereplica.operator.jvm;

import org.jspecify.annotations.NullMarked;
