package io.sqlitereplica.sidecar.restore;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A rollback journal of SQLite (section 3 of its file format): the pages of a database as they were. As long as it lies
 * beside the database and nobody holds a lock, whoever opens the database next puts these pages back first.
 */
final class RollbackJournal implements AutoCloseable {
    private static final long MAGIC = 0xd9d505f920a163d7L;

    /** Where the pages begin: the header fills what is written at once. */
    private static final int SECTOR_BYTES = 512;

    private static final int COUNT_AT = 8;
    private static final int CHECKSUM_STEP = 200;

    private final Path path;
    private final FileChannel channel;
    private final ByteBuffer record;
    private final int pageSize;
    private final int nonce;
    private int count;

    /**
     * Begins one, which is no journal yet, with EXCLUSIVE held. What lies there cannot count then: SQLite has looked.
     *
     * @param databasePages how long the database is now, in pages
     */
    RollbackJournal(Path database, int pageSize, long databasePages) throws IOException {
        this.path = database.resolveSibling(database.getFileName() + "-journal"); // where SQLite looks for it
        this.pageSize = pageSize;
        this.nonce = ThreadLocalRandom.current().nextInt();
        this.record = ByteBuffer.allocate(Integer.BYTES + pageSize + Integer.BYTES);
        this.channel = FileChannel.open(
                path, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        ByteBuffer header = ByteBuffer.allocate(SECTOR_BYTES)
                .putLong(MAGIC)
                .putInt(0)
                .putInt(nonce)
                .putInt((int) databasePages)
                .putInt(SECTOR_BYTES)
                .putInt(pageSize);
        write(header.clear());
    }

    /** One page more. */
    void add(int number, ByteBuffer page) throws IOException {
        record.clear().putInt(number).put(page.duplicate()).putInt(checksum(page));
        write(record.flip());
        count++;
    }

    /** As SQLite's {@code pager_cksum}: the nonce, and every 200th byte from the end. */
    private int checksum(ByteBuffer page) {
        int sum = nonce;
        for (int i = pageSize - CHECKSUM_STEP; i > 0; i -= CHECKSUM_STEP) {
            sum += page.get(page.position() + i) & 0xff;
        }
        return sum;
    }

    /** From now on it counts, also after a power failure: its pages are on disk before their number is. */
    void complete() throws IOException {
        channel.force(true);
        ByteBuffer number = ByteBuffer.allocate(Integer.BYTES).putInt(count).flip();
        while (number.hasRemaining()) {
            channel.write(number, COUNT_AT + number.position());
        }
        channel.force(true);
        RestoreTarget.forceFolder(requireNonNull(path.toAbsolutePath().getParent()));
    }

    /** From now on it does not count: what was written to the database stays. */
    void delete() throws IOException {
        Files.delete(path);
        RestoreTarget.forceFolder(requireNonNull(path.toAbsolutePath().getParent()));
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Leaves the file as it is. */
    @Override
    public void close() throws IOException {
        channel.close();
    }
}
