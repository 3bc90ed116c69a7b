package io.sqlitereplica.sidecar.state;

import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The level 0 files that are not known to be uploaded: one for each TXID, without a gap, up to that of the position. One
 * thread adds at the end, another deletes at the beginning; what it keeps in memory does not grow with their number.
 */
public final class StagedFiles {
    private final Path folder;
    private long oldest = 1;
    private long newest;
    private long bytes;

    StagedFiles(Path folder) {
        this.folder = folder;
    }

    /** Where the file of a TXID is, if it is staged. */
    public Path path(TxId txId) {
        return folder.resolve(LtxFileName.of(txId).toString());
    }

    /** The oldest of them. */
    public synchronized Optional<TxId> oldest() {
        return oldest > newest ? Optional.empty() : Optional.of(new TxId(oldest));
    }

    /** The newest of them. */
    public synchronized Optional<TxId> newest() {
        return oldest > newest ? Optional.empty() : Optional.of(new TxId(newest));
    }

    /** What all of them occupy. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Deletes the oldest: it is uploaded. */
    public synchronized void deleteOldest() throws IOException {
        Path file = path(new TxId(oldest));
        long size = Files.size(file);
        Files.delete(file);
        oldest++;
        bytes -= size;
    }

    synchronized void added(TxId txId) throws IOException {
        if (oldest > newest) {
            oldest = txId.value();
        } else if (txId.value() != newest + 1) {
            throw new IllegalStateException("TXID " + txId + " cannot follow " + new TxId(newest));
        }
        newest = txId.value();
        bytes += Files.size(path(txId));
    }

    synchronized void deleteAll() throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.ltx")) {
            for (Path file : files) {
                Files.delete(file);
            }
        }
        oldest = 1;
        newest = 0;
        bytes = 0;
    }

    synchronized void moveAll(Path aside) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.ltx")) {
            for (Path file : files) {
                Durable.rename(file, aside.resolve(file.getFileName()));
            }
        }
        scan();
    }

    synchronized void deleteAfter(TxId last) throws IOException {
        while (newest >= oldest && newest > last.value()) {
            Path file = path(new TxId(newest));
            long size = Files.size(file);
            Files.delete(file);
            newest--;
            bytes -= size;
        }
    }

    /**
     * Looks what is there.
     *
     * @return whether that is one file for each TXID of a range
     */
    synchronized boolean scan() throws IOException {
        long least = Long.MAX_VALUE;
        long greatest = 0;
        long count = 0;
        bytes = 0;
        boolean single = true;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, "*.ltx")) {
            for (Path file : files) {
                Optional<LtxFileName> name = LtxFileName.parse(String.valueOf(file.getFileName()))
                        .filter(n -> n.min().equals(n.max()));
                single &= name.isPresent();
                long txId = name.map(n -> n.min().value()).orElse(0L);
                least = Math.min(least, txId);
                greatest = Math.max(greatest, txId);
                count++;
                bytes += Files.size(file);
            }
        }
        oldest = count == 0 ? 1 : least;
        newest = greatest;
        return single && (count == 0 || greatest - least + 1 == count);
    }
}
