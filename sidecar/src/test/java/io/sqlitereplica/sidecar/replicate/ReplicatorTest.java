package io.sqlitereplica.sidecar.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.sqlitereplica.sidecar.ltx.TxId;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ReplicatorTest extends ReplicatorFixture {
    @Test
    void shipsTheDatabaseAndThenWhatIsCommitted() throws Exception {
        try (App app = App.create(database, 4096)) {
            app.sql("INSERT INTO log VALUES (1, 'before')");
            try (Replicator replicator = start(OPTIONS)) {
                awaitState(replicator, DatabaseState.REPLICATING);
                assertThat(replicator.startedUp()).isTrue();
                assertThat(replica.files(9)).hasSize(1);
                replica.assertSameAs(app);

                app.sql("INSERT INTO log VALUES (2, 'after')");
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
                DatabaseStatus status = replicator.status();
                assertThat(status.txId()).isEqualTo(new TxId(2));
                assertThat(status.replicatedTxId()).isEqualTo(new TxId(2));
                assertThat(status.lag()).isZero();
                assertThat(status.error()).isNull();
                assertThat(replicator.stop(LONG)).isTrue();
                assertThat(replicator.status().state()).isEqualTo(DatabaseState.STOPPED);
            }
        }
    }

    @Test
    void keepsUpWithARandomWriter() throws Exception {
        long seed = new Random().nextLong();
        System.out.println("ReplicatorTest.keepsUpWithARandomWriter seed " + seed);
        Random random = new Random(seed);
        int pageSize = 512 << random.nextInt(8);
        try (App app = App.create(database, pageSize);
                Replicator replicator = start(OPTIONS)) {
            for (int round = 0; round < 8; round++) {
                app.write(random.nextLong(), 600);
                long start = app.written();
                long goal = start + random.nextInt(150);
                await().atMost(LONG).until(() -> app.written() >= goal);
                if (random.nextBoolean()) {
                    replica.assertConsistent();
                }
                app.pause();
                assertThat(replicator.shipNow(LONG)).isTrue();
                replica.assertSameAs(app);
            }
            System.out.println(replicator.status());
        }
    }
}
