/**
 * SQLite's write-ahead log: holding it so that no committed frame can vanish before it is staged, and reading it up to
 * the end that SQLite has published.
 *
 * <p>How no frame is lost, in terms of SQLite's {@code wal.c}. A <em>generation</em> of the log is what carries one pair
 * of salts. Readers hold one of five slots. Slot 1 to 4: no writer can restart the log, so the generation stays whole.
 * Slot 0 is given only while every frame is copied into the database file, and stops any further copying: the log can
 * restart only as long as nothing was committed since, so what a restart overwrites is what was there when the reader
 * began. Two readers therefore take turns: the new one begins, the log is read to its published end and made durable,
 * then the old one ends. Which slot the new one got need not be known: the old one pins what is not yet staged, and
 * afterwards every frame a slot 0 reader gives away is staged.
 *
 * <p>The published header in {@code -shm} alone says which frames count. The log file also holds frames that were never
 * committed (a writer died before it published them) and, from SQLite before 3.46.2, committed frames without a checksum.
 *
 * <p>{@link io.sqlitereplica.sidecar.wal.WalDatabase} is the one owner of a database's descriptors and connections:
 * POSIX locks belong to the process, and closing any descriptor of a file drops them all.
 */
@NullMarked
package io.sqlitereplica.sidecar.wal;

import org.jspecify.annotations.NullMarked;
