/**
 * Replicates a database: holds its WAL, ships what is committed as LTX files, snapshots on schedule, and repairs what a
 * pause left open.
 *
 * <p>{@link io.sqlitereplica.sidecar.replicate.Replicator} is the face. Behind it, one platform thread for each database
 * owns the WAL and the state folder and is never interrupted, and a virtual thread uploads. A commit goes this way:
 *
 * <ol>
 *   <li>The published end of the WAL has moved. Frames are copied aside ({@code OpenTransaction}), so that the app may
 *       restart its WAL, or, if a sync is due, are taken straight from the WAL.
 *   <li>A sync closes the transaction: the newest version of each page becomes one LTX file with the next TXID, staged in
 *       the state folder in an order that survives a crash at any point (see the package {@code state}).
 *   <li>The {@code Uploader} creates it in the destination, in the order of TXIDs, and deletes it here.
 * </ol>
 *
 * What is copied aside is not durable and need not be: a page of it is in the database, too, and differs from its
 * checksum in {@code pages} until a transaction with it is staged. Whenever the WAL does not go on at the position, the
 * whole database is compared with {@code pages}, and what differs is the next transaction ({@code Resync}).
 */
@NullMarked
package io.sqlitereplica.sidecar.replicate;

import org.jspecify.annotations.NullMarked;
