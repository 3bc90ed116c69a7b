/**
 * The LTX file format, version 3, as Litestream 0.5 writes and reads it. An LTX file holds the pages that a range of
 * transactions left changed in an SQLite database; one that starts at transaction 1 holds the whole database.
 *
 * <p>A file is a header, page frames in ascending order, an empty page header, a page index and a trailer; nothing
 * follows. Numbers are unsigned and big-endian, except inside an LZ4 frame.
 *
 * <h2>Header, 100 bytes</h2>
 *
 * <table>
 * <caption>{@link LtxHeader}</caption>
 * <tr><th>at</th><th>field</th><th>bytes</th><th>rule</th></tr>
 * <tr><td>0</td><td>magic</td><td>4</td><td>{@code LTX1}</td></tr>
 * <tr><td>4</td><td>flags</td><td>4</td><td>0x2: no checksums of the database; no other is known</td></tr>
 * <tr><td>8</td><td>page size</td><td>4</td><td>512 to 65536, a power of two</td></tr>
 * <tr><td>12</td><td>commit</td><td>4</td><td>pages of the database afterwards</td></tr>
 * <tr><td>16</td><td>first TXID</td><td>8</td><td>not 0; 1 is a snapshot</td></tr>
 * <tr><td>24</td><td>last TXID</td><td>8</td><td>at least the first</td></tr>
 * <tr><td>32</td><td>timestamp</td><td>8</td><td>milliseconds since 1970, signed</td></tr>
 * <tr><td>40</td><td>pre-apply checksum</td><td>8</td><td>of the database before; 0 in a snapshot and with flag 0x2,
 *     else with bit 63</td></tr>
 * <tr><td>48</td><td>WAL offset</td><td>8</td><td>of the first frame; 0 in compactions, as the next three then are</td></tr>
 * <tr><td>56</td><td>WAL size</td><td>8</td><td>where offset and size end, the next transaction starts</td></tr>
 * <tr><td>64, 68</td><td>WAL salts</td><td>4, 4</td><td>as in the WAL's header</td></tr>
 * <tr><td>72</td><td>node</td><td>8</td><td>0</td></tr>
 * <tr><td>80</td><td>reserved</td><td>20</td><td>0</td></tr>
 * </table>
 *
 * <h2>Page frames</h2>
 *
 * A page header, which is the page number (4 bytes) and flags (2 bytes), and the compressed page:
 *
 * <ul>
 *   <li>flags 1, since Litestream 0.5.16, and what is written here: a size (4 bytes) and an LZ4 block of so many bytes,
 *       which may be more than a page;
 *   <li>flags 0, before that: an LZ4 frame, which is {@code 04224D18 64 40 A7}, one block (its size in 4 little-endian
 *       bytes; with bit 31, it is not compressed), 4 zero bytes, and the page's xxHash32 with seed 0 in 4 little-endian
 *       bytes.
 * </ul>
 *
 * Page numbers ascend and do not exceed the commit. The {@linkplain LockPage lock page} is never there. A snapshot has
 * every other page. Six zero bytes, an empty page header, end the frames.
 *
 * <h2>Page index and trailer</h2>
 *
 * For each frame, in order: page number, offset of the frame in the file, size of the frame with its header, each in
 * unsigned LEB128. Then a zero byte, and in 8 bytes the length of all that, with the zero byte. The trailer is
 * the post-apply checksum (8 bytes: of the database afterwards, with bit 63; 0 with flag 0x2) and the file checksum
 * (8 bytes).
 *
 * <h2>Checksums</h2>
 *
 * All are CRC-64/ISO with bit 63 set.
 *
 * <ul>
 *   <li>{@linkplain PageChecksum Of a page}: over its number, 4 bytes, and its content.
 *   <li>Of a database: those of all pages but the lock page, combined by XOR, with bit 63 set.
 *   <li>Of a file: over the header; of each frame the page header, the size if it has one, and the page
 *       <em>uncompressed</em>; the empty page header; the page index with its length; and the post-apply checksum.
 * </ul>
 *
 * <h2>What is merged</h2>
 *
 * {@linkplain LtxMerger A merge} of files that follow each other has the first TXID of the first, and the last TXID,
 * commit and timestamp of the last; WAL fields and node are 0. Of each page it has the newest version; pages beyond the
 * commit are dropped.
 *
 * <p>The facts are from the sources of {@code superfly/ltx} 0.5.2 and Litestream 0.5.15 to 0.5.18, and hold for the
 * files in the test resources, which Litestream wrote.
 */
@NullMarked
package io.sqlitereplica.sidecar.ltx;

import org.jspecify.annotations.NullMarked;
