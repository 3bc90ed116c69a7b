/** The one pool of direct memory that every bulk transfer borrows from. */
package io.sqlitereplica.sidecar.buffer;
