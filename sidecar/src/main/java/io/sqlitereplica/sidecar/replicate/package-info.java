/**
 * Replicates a database: holds its WAL, ships what is committed as LTX files, snapshots on schedule, and repairs what a
 * pause left open.
 *
 * <p>{@link io.sqlitereplica.sidecar.replicate.Replicator} is the face, and {@link
 * io.sqlitereplica.sidecar.replicate.GlobWatch} has one for each file that matches a pattern. Behind it, one virtual
 * thread for each database owns the WAL and the state folder, and another uploads: nobody else knows them, so nobody
 * can interrupt them. There may be hundreds, most of them asleep; the few platform threads that carry them ({@code
 * conf/jvm.options}) call SQLite and read files. A commit goes this way:
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
 *
 * <h2>One writer</h2>
 *
 * Two processes may want to write to one destination: a pod was moved while its old one still runs, a volume was copied, a
 * configuration names the same place twice. Two things keep their histories apart, and neither needs a clock.
 *
 * <p><b>Safe at any time: the names are a log.</b> The TXIDs of a replica are places, and each is taken by creating one
 * name that can be created once: {@code 0009/1-1} for the first of an empty destination, and the level 0 file of that TXID
 * for every other. A writer takes the place n + 1 only if
 *
 * <ul>
 *   <li>it took the place n itself, and was told so by the destination,
 *   <li>or it found, when it looked, that the newest file leads to its own database: the same TXID and the same checksum
 *       ({@code Lineage}),
 *   <li>or what it puts there is the whole database, which does not depend on what is before ({@code WholeDatabase}).
 * </ul>
 *
 * So whoever is too late is told so by the first name that exists, cannot take any later place either, and the file of n + 1
 * always belongs behind that of n: the replica is one chain, whoever wrote which part of it, and every state in it is one
 * that a database really had. A snapshot up to n is only published by the writer that took the place n, as the state of the
 * chain there; a compaction of a range has the places of that range as its inputs. Both are right whoever went on behind n,
 * so a fenced writer may still finish one that was under way. For this reason a whole database that follows a history goes
 * into the place of its TXID and not onto level 9: beside a snapshot, another writer could take the same place and those
 * behind it, and a restore would put them on top of it. The snapshot follows ({@code StatusBoard.wantSnapshot}).
 *
 * <p><b>Deleted names.</b> Retention frees names again ({@code Retaining}), and a name that is free could be taken by whoever is
 * too late. So a name of level 0 is deleted only minutes after a file of a higher level covers it, or when no restore begins
 * before it any more; a writer that is minutes late has asked for the owner and stopped. If one did not (its whole machine was
 * suspended, clock and all), it takes places that were taken before: a restore of the newest state passes these syncs over,
 * because from wherever one could be reached, the file that covers it leads at least as far and has the higher level. Snapshots
 * and compactions, which could lead further, are published only by who has asked for the owner just then, and so is anything
 * deleted. The newest place is never freed, so what is added to the end is safe as before.
 *
 * <p><b>Who goes on: the owner record</b> ({@code Ownership}). That alone would stop both writers, or the wrong one. So {@code
 * owner.json} says who may take places now. It is read at the start and at each conflict, and by a writer that writes at most
 * every {@code lookInterval}; a quiet writer sends nothing. It is taken
 *
 * <ul>
 *   <li>at once if there is none, if it was released, or if it names the own state folder (a killed process, a moved
 *       volume),
 *   <li>else after {@code handOver}, if it did not change meanwhile. Then the new owner waits another {@code lookInterval}: a
 *       former one that still writes has looked by then and stops, and what it had under way has arrived. Only then is the
 *       destination looked at, or restored from.
 * </ul>
 *
 * The history is judged before the record is taken: a process with another history than the replica's (one that was fenced,
 * and restarted) must not fence the one that is right. Once the record is taken, whatever its former owner still got into the
 * replica does not stop the new one: it ships its whole database behind that and reports which TXIDs have the rows that it
 * does not have. A writer that finds another process in the record is fenced: it stops, and says which commits the replica
 * does not have. Another process with the same state folder counts as another: each start takes the record anew, so of two
 * copies of a volume the one that started last goes on.
 *
 * <p>If the record is wrong (a process that was suspended between its look and its write, a record deleted by hand), that
 * costs at most that both write for a moment: one of them is told by a name that exists, looks, and either is fenced or ships
 * its whole database once more. If a store does not heed conditions, nothing of this holds; that is tried out when the record
 * is taken first, and such a store is refused.
 */
@NullMarked
package io.sqlitereplica.sidecar.replicate;

import org.jspecify.annotations.NullMarked;
