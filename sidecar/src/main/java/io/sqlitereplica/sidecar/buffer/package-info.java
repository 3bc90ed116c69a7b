/**
 * The one pool of direct memory that every bulk transfer borrows from, so that what the process needs does not depend
 * on the size of a database, a transaction or a replica.
 */
@NullMarked
package io.sqlitereplica.sidecar.buffer;

import org.jspecify.annotations.NullMarked;
