package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Streams a file into a bucket and reads it back. */
final class S3StreamProbe {
    private S3StreamProbe() {}

    /** Arguments: URL, folder of the keys, MiB, how many MiB it was announced with. Prints the most memory that the process ever held, in KiB. */
    public static void main(String[] arguments) throws IOException {
        BufferPool pool = BufferPool.forThisJvm();
        long bytes = Long.parseLong(arguments[2]) << 20;
        long announced = Long.parseLong(arguments[3]) << 20;
        try (ReplicaStore store = ReplicaStores.open(
                ReplicaUrl.parse(arguments[0]), CredentialsSource.folder(Path.of(arguments[1])), pool)) {
            try (Upload upload = store.createStreaming(
                    9, LtxFileName.of(new TxId(1)), Instant.now(), announced, Path.of(arguments[1]))) {
                ByteBuffer piece = ByteBuffer.allocate(1 << 16);
                for (long written = 0; written < bytes; written += piece.capacity()) {
                    upload.write(piece.clear());
                }
                upload.commit();
            }
            List<ReplicaFile> files = new ArrayList<>();
            store.list(9, files::add);
            try (InputStream in = store.open(files.getFirst(), 0)) {
                byte[] piece = new byte[1 << 16];
                long read = 0;
                for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
                    read += count;
                }
                if (read != bytes) {
                    throw new IOException("read " + read + " bytes");
                }
            }
        }
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmHWM:")) {
                System.out.println(line.replaceAll("\\D", ""));
            }
        }
    }
}
