/**
 * What the sidecar's memory really is: the kernel's account of its control group, the JVM's account of its heap, and what
 * both together mean for the limit.
 */
@NullMarked
package io.sqlitereplica.sidecar.memory;

import org.jspecify.annotations.NullMarked;
