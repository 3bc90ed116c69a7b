package io.sqlitereplica.sidecar.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sqlitereplica.sidecar.buffer.BufferPool;
import io.sqlitereplica.sidecar.ltx.TxId;
import io.sqlitereplica.sidecar.storage.FileReplicaStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplicaVerifierTest {
    private final BufferPool pool = new BufferPool(0);

    @TempDir
    private Path folder;

    @Test
    void readsEverythingThatARestoreWouldRead() throws Exception {
        Verification verification =
                verify(RestoreTest.golden("checksums-good-ps512")).orElseThrow();

        assertThat(verification.txId()).isEqualTo(new TxId(8));
        assertThat(verification.files()).isEqualTo(2);
        assertThat(verification.checkedChecksums()).isEqualTo(2);
        assertThat(verification.pageCount()).isEqualTo(12);
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void refusesAWrongChecksumOfTheDatabase() throws Exception {
        Path replica = RestoreTest.golden("checksums-bad-ps512");

        assertThatThrownBy(() -> verify(replica)).isInstanceOf(ReplicaDamagedException.class);

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void saysThatThereIsNoReplica() throws IOException {
        assertThat(verify(folder.resolve("none"))).isEmpty();
    }

    @Test
    void findsEveryDamagedByteOfAFile() throws IOException {
        Path replica = Files.createDirectory(folder.resolve("replica"));
        Path temporary = Files.createDirectory(folder.resolve("temporary"));
        ModelReplica model = new ModelReplica(replica, 512, true);
        Random random = new Random(3);
        model.commitRandomly(random, 3);
        model.commitRandomly(random, 3);
        model.write(9, 1, 1);
        Path file = model.write(0, 2, 2);
        byte[] good = Files.readAllBytes(file);
        FileReplicaStore store = new FileReplicaStore(replica, pool);
        try (ReplicaVerifier verifier = new ReplicaVerifier(store, temporary, pool)) {
            for (int i = 0; i < good.length; i++) {
                byte[] damaged = good.clone();
                damaged[i] ^= (byte) (1 << random.nextInt(8));
                Files.write(file, damaged);

                assertThatThrownBy(() -> verifier.verify(Progress.Listener.NONE))
                        .as("byte %d", i)
                        .isInstanceOf(ReplicaDamagedException.class);
            }
        }
    }

    private Optional<Verification> verify(Path replica) throws IOException {
        try (ReplicaVerifier verifier = new ReplicaVerifier(new FileReplicaStore(replica, pool), folder, pool)) {
            return verifier.verify(Progress.Listener.NONE);
        }
    }
}
