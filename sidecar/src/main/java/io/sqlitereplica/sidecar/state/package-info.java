/**
 * The folder beside a database in which a sidecar keeps what it must know after a restart: how far the replica is
 * ({@code position}), the checksum of every page at that point ({@code pages}), and the files that are not uploaded yet.
 *
 * <h2>What must never happen</h2>
 *
 * A replica is extended by the pages that differ from {@code pages}. So an entry of {@code pages} is either 0, unknown, or
 * the checksum of that page in the replica at {@code position}. An entry that is newer than the replica would keep a
 * change from ever being shipped.
 *
 * <h2>The order of one step</h2>
 *
 * From position n to n + 1 ({@link io.sqlitereplica.sidecar.state.NextPosition}); everything is in one folder, so one
 * fsync of it covers every name:
 *
 * <ol>
 *   <li>The staged file n + 1 under a temporary name, fsync.
 *   <li>{@code position.next}: the complete position n + 1 and the <em>journal</em>, the checksum of each page of the
 *       staged file; fsync.
 *   <li>Rename the staged file to its name; fsync of the folder. From here on the step is done.
 *   <li>Write the journal into {@code pages}; fsync.
 *   <li>Rename {@code position.next} to {@code position}; fsync of the folder. Only then may the staged file be uploaded
 *       and, later, be deleted.
 * </ol>
 *
 * <h2>After a crash</h2>
 *
 * {@code pages} is touched only after 3, at which point the staged file and {@code position.next} are durable, both. So:
 *
 * <ul>
 *   <li>{@code position.next} and the staged file n + 1 are there, whole: 4 and 5 are done again. Harmless, for they
 *       set the same values.
 *   <li>One of them is missing or not whole: the crash was before the end of 3, {@code pages} is untouched, and what is
 *       there of n + 1 is deleted. Its frames are in the WAL or in the database still, and a later step finds them.
 *   <li>Neither is there: 5 is done (or nothing was begun).
 * </ul>
 *
 * A staged file is deleted after 5 was made durable, so {@code position.next} without its file never stands for a step
 * that was done. A deletion that a power loss undoes makes the file be uploaded again, which finds it uploaded.
 *
 * <p>A file that is streamed into the replica without being staged takes the same way, only that the commit of the
 * upload stands for 3: {@code position.next} names the file and its checksum, and after a crash the replica is asked
 * ({@link io.sqlitereplica.sidecar.state.StateFolder#unconfirmed}).
 *
 * <p>Frames that were read from the WAL but are not yet part of a staged file need no place here. They are copied aside,
 * so that the app may restart its WAL meanwhile, and are forgotten in a crash: their pages are in the database, and differ
 * from {@code pages}.
 *
 * <h2>After an error of the disk</h2>
 *
 * An fsync that failed is not repeated: what it should have written may be gone from memory and from disk, and a second one
 * would say yes nevertheless. So whatever an error may concern is written again before anything relies on it. After any
 * error the folder is closed, and opened anew as after a crash ({@code Recovery}), only that the page cache may now show
 * contents that the disk does not have. By step:
 *
 * <ol>
 *   <li>The staged file, still under its temporary name, is deleted, and later made anew from the WAL or the database. It is
 *       forced through the descriptor that wrote it: another one, opened later, need not hear of the error.
 *   <li>So is {@code position.next}. If the deletion fails too, or the process ends before it: without the staged file it
 *       counts for nothing; of an upload the replica is asked, which has not got the file; and one that only notes what is
 *       known is written again before it counts.
 *   <li>Both files are durable with their contents; the error concerns the names. Those are kept by the file system's
 *       journal, which does not forget: the opening forces the folder again, and fails again if they are not to be had.
 *   <li>The journal is written into {@code pages} again, all of it: {@link io.sqlitereplica.sidecar.state.PageTable#set}
 *       writes a block also when it holds that value already. Every block that failed is among them, for each step forces
 *       what it wrote.
 *   <li>The contents are durable since 2, and the name is forced again by the opening, before the staged file can be
 *       uploaded and deleted.
 * </ol>
 *
 * Before staged files are dropped their pages become unknown; if that could not be forced, nothing is dropped, and the next
 * attempt writes all of it again.
 *
 * <h2>What is read back</h2>
 *
 * {@code position} and {@code position.next} carry their version and checksum. {@code pages} has the length that the
 * position says, and combined by XOR it gives the position's database checksum, or else it is forgotten, which costs a
 * comparison of the whole database with the replica. Anything else that does not fit together is moved aside and never trusted:
 * it counts as no state at all.
 */
@NullMarked
package io.sqlitereplica.sidecar.state;

import org.jspecify.annotations.NullMarked;
