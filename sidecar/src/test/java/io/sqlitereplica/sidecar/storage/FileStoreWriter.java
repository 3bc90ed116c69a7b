package io.sqlitereplica.sidecar.storage;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.LtxFileName;
import io.sqlitereplica.sidecar.ltx.TxId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Random;

/** Writes one file after the other into a folder until it is killed. */
final class FileStoreWriter {
    private static final int MAX_BYTES = 700_000;

    private FileStoreWriter() {}

    /** What the file of this TXID holds, its length included. */
    static byte[] contents(long txId) {
        Random random = new Random(txId);
        byte[] bytes = new byte[random.nextInt(MAX_BYTES)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Arguments: the replica's folder, a local folder, the first TXID. What is written is noted in {@code acknowledged}. */
    public static void main(String[] arguments) throws IOException {
        Path local = Path.of(arguments[1]).resolve("local");
        Path acknowledged = Path.of(arguments[1]).resolve("acknowledged");
        long txId = Long.parseLong(arguments[2]);
        try (ReplicaStore store = new FileReplicaStore(Path.of(arguments[0]), new BufferPool(0))) {
            for (; ; txId++) {
                LtxFileName name = LtxFileName.of(new TxId(txId));
                byte[] contents = contents(txId);
                if (txId % 2 == 0) {
                    store.create(0, name, Instant.EPOCH, Files.write(local, contents));
                } else {
                    try (Upload upload =
                            store.createStreaming(0, name, Instant.EPOCH, 1 << 30, Path.of(arguments[1]))) {
                        upload.write(ByteBuffer.wrap(contents));
                        upload.commit();
                    }
                }
                Files.writeString(acknowledged, txId + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        }
    }
}
